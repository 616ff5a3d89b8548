/** Links to the whole log that the server keeps of a build. */
import { baseUrl } from "./config.js";

/** @param {{ build?: string }} event */
export function linkKeptLog(event) {
  if (!event.build) return;
  const link = /** @type {HTMLAnchorElement} */ (
    document.getElementById("kept-log")
  );
  link.href = new URL(
    `api/builds/${encodeURIComponent(event.build)}/log`,
    baseUrl,
  ).href;
  link.hidden = false;
}
