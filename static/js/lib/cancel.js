/** Offers to stop a build to the person who started it. */

const RUNNING = ["waiting", "fetching", "building", "pushing", "unknown"];

/**
 * @param {URL} buildUrl the build's own URL
 * @param {string} buildToken
 */
export function offerCancel(buildUrl, buildToken) {
  const button = /** @type {HTMLButtonElement} */ (
    document.getElementById("cancel")
  );
  let mine = false;
  const url = new URL(buildUrl);
  url.searchParams.set("build_token", buildToken);
  button.addEventListener("click", async () => {
    button.disabled = true;
    // What comes of it, the stream tells: "failed", cancelled.
    const answer = await fetch(url, { method: "DELETE" });
    button.disabled = answer.ok;
  });

  /** @param {{ phase?: string, started_it?: boolean }} event */
  return (event) => {
    mine ||= event.started_it === true;
    button.hidden = !mine || !RUNNING.includes(event.phase ?? "");
  };
}
