// Loaded into configurable-http-proxy before it starts.
const http = require("node:http");
const https = require("node:https");

// Its http-proxy pipes a target's answer to the client, and where the target dies in the
// middle of that answer the client is left waiting for ever: an event stream would never
// reconnect. Here the client's connection breaks with the target's.
const { pipe } = http.IncomingMessage.prototype;

http.IncomingMessage.prototype.pipe = function (destination, options) {
  this.once("close", () => {
    if (!this.complete) destination.destroy();
  });
  return pipe.call(this, destination, options);
};

// People's sessions with our pages (web/login.py) are none of the servers' business: code from
// a repository could use them to launch in a person's name.
const SERVERS = "jupyter";
const SESSION = /^\s*binder-session/;

// The path as the proxy reads it to find the target: decoded, and whatever comes before it gone.
function leadsToServers(url) {
  try {
    const { pathname } = new URL(url, "http://example.com");
    return decodeURIComponent(pathname).split("/").find(Boolean) === SERVERS;
  } catch {
    return true;
  }
}

function hideSession(request) {
  const { cookie } = request.headers;
  if (!cookie || !leadsToServers(request.url)) return;
  request.headers.cookie = cookie
    .split(";")
    .filter((pair) => !SESSION.test(pair))
    .join(";");
}

for (const { prototype } of [http.Server, https.Server]) {
  const { emit } = prototype;
  prototype.emit = function (event, ...values) {
    if (event === "request" || event === "upgrade") hideSession(values[0]);
    return emit.call(this, event, ...values);
  };
}
