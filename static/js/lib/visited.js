/**
 * Remembers, in the browser's history entry of this page, the server that it led to: whoever comes back by the
 * Back button meant to look at this page, not to start another server.
 */

/** @param {string} serverUrl */
export function remember(serverUrl) {
  window.history.replaceState({ serverUrl }, "");
}

/** @returns {string | null} the server's URL when the page was reached by Back or Forward */
export function recall() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.type === "back_forward"
    ? (window.history.state?.serverUrl ?? null)
    : null;
}
