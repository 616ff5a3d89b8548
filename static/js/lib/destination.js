import { LaunchSpec } from "@jupyterhub/binderhub-client/spec.js";

/**
 * Where in the server the person goes, as `urlpath`, `labpath` or `filepath` in the page's query ask.
 *
 * A link is anybody's text and the address carries the token: a path that leaves the server is not followed.
 *
 * @param {string} url of the server, ends in "/"
 * @param {string} token
 * @param {string} query
 * @returns {string}
 */
export function destination(url, token, query) {
  const server = new URL(url, window.location.href);
  try {
    const target = LaunchSpec.fromSearchParams(
      new URLSearchParams(query),
    ).getJupyterServerRedirectUrl(server, token);
    if (
      target.origin === server.origin &&
      target.pathname.startsWith(server.pathname)
    ) {
      return target.href;
    }
  } catch {
    // Not a URL at all: the server's own first page is the next best.
  }
  return new LaunchSpec("").getJupyterServerRedirectUrl(server, token).href;
}
