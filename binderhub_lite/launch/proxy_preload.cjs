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

// The proxy decodes a path to find its target, and breaks where that cannot be done. What is
// no UTF-8 it takes as it stands: the target will say what is wrong with it.
const { decodeURIComponent: decode } = globalThis;

globalThis.decodeURIComponent = function (text) {
  try {
    return decode(text);
  } catch {
    return text;
  }
};

// People's sessions with our pages (web/login.py) are none of the servers' business: code from
// a repository could use them to launch in a person's name.
const SERVERS = "jupyter";
const SESSION = /^\s*binder-session/;

// The path as the proxy reads it to find the target: decoded, and whatever comes before it gone.
function leadsToServers(url) {
  const { pathname } = new URL(url, "http://example.com");
  return decodeURIComponent(pathname).split("/").find(Boolean) === SERVERS;
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
    if (event === "request" || event === "upgrade") {
      const [{ url }, answer] = values;
      if (!URL.canParse(url, "http://example.com")) {
        if (event === "upgrade") answer.destroy();
        else
          answer
            .writeHead(400, { "Content-Type": "text/plain" })
            .end("This is no address.\n");
        return true;
      }
      hideSession(values[0]);
    }
    return emit.call(this, event, ...values);
  };
}
