/** Offers to stop a build to the person who started it. */
import { byId } from "./page.js";

/** @import { Launch } from "./launch.js" */

const CANCELLABLE = ["waiting", "fetching", "building", "pushing"];

/**
 * @param {() => Promise<URL>} address of the build, with its token
 * @returns {(launch: Launch) => void} shows the button when there is something to cancel
 */
export function offerCancel(address) {
  const button = byId("cancel");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      // What comes of it, the stream tells: "failed", cancelled.
      const answer = await fetch(await address(), { method: "DELETE" });
      button.disabled = answer.ok;
    } catch {
      button.disabled = false;
    }
  });
  return ({ ours, phase }) => {
    button.hidden = !ours || !CANCELLABLE.includes(phase);
  };
}
