// Loaded into configurable-http-proxy before it starts.
//
// Its http-proxy pipes a target's answer to the client, and where the target dies in the
// middle of that answer the client is left waiting for ever: an event stream would never
// reconnect. Here the client's connection breaks with the target's.
const { IncomingMessage } = require("node:http");

const { pipe } = IncomingMessage.prototype;

IncomingMessage.prototype.pipe = function (destination, options) {
  this.once("close", () => {
    if (!this.complete) destination.destroy();
  });
  return pipe.call(this, destination, options);
};
