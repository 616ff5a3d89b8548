import { hintsFor } from "./hints.js";
import { byId } from "./page.js";
import { failedWhen } from "./words.js";

/**
 * @import { Launch } from "./launch.js"
 * @import { Log } from "./log.js"
 */

const LAST_LINES = 8;
const LINES_WITH_REASONS = 60;

/**
 * Tells what failed, where, and what usually helps.
 *
 * @param {Launch} launch
 * @param {number | undefined} status the HTTP status that stands behind the failure
 * @param {Log} log as far as it came before the failure
 */
export function showFailure(launch, status, log) {
  byId("failure-message").textContent = launch.message;
  byId("failure-step").textContent = `${failedWhen(launch)}.`;
  const advice = hintsFor({
    status,
    message: launch.message,
    doing: launch.doing,
    log: launch.builds ? log.lastLines(LINES_WITH_REASONS).join("\n") : "",
  });
  byId("failure-hints").replaceChildren(...advice.map(asItem));
  byId("failure-help").hidden = advice.length === 0;
  byId("failure-lines").textContent = log.lastLines(LAST_LINES).join("\n");
  byId("failure-log").hidden = !launch.builds;
  // Then it would say only this again.
  byId("log-section").hidden = launch.doing === "waiting" && !launch.builds;
  byId("failure").hidden = false;
  byId("failure-lines").scrollTop = byId("failure-lines").scrollHeight;
}

/** @param {string} text */
function asItem(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
