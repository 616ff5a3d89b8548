/** What a reader can do with the log: follow or pause it, search, copy, download. */
import { baseUrl } from "./config.js";
import { copies } from "./copy.js";
import { byId } from "./page.js";

/** @import { Log } from "./log.js" */

const MARKS = {
  matchBackground: "#6b4e00",
  matchOverviewRuler: "#f0b04a",
  activeMatchBackground: "#b06f00",
  activeMatchColorOverviewRuler: "#ffd28a",
};

/** The terminal's search marks, and so counts, no more. */
const MOST_MARKS = 1000;

/** @param {Log} log */
export function offerLogTools(log) {
  offerFollow(log);
  offerSearch(log);
  copies(byId("copy-log"), () => log.text);
  byId("download-log").addEventListener("click", (event) => {
    // As long as the server keeps no log of a build there is only what this page has.
    if (!event.currentTarget.dataset.kept) {
      event.currentTarget.href = URL.createObjectURL(
        new Blob([log.text], { type: "text/plain" }),
      );
    }
  });
}

/**
 * Links to the whole log that the server keeps: a page that came late has only its last lines.
 *
 * @param {string} build the build's name
 */
export function linkKeptLog(build) {
  const download = byId("download-log");
  if (download.dataset.kept === build) {
    return;
  }
  const address = new URL(
    `api/builds/${encodeURIComponent(build)}/log`,
    baseUrl,
  ).href;
  download.href = address;
  download.download = `${build}.log`;
  download.dataset.kept = build;
  for (const link of document.querySelectorAll("[data-kept-log]")) {
    link.setAttribute("href", address);
    link.hidden = false;
  }
}

/** @param {Log} log */
function offerFollow(log) {
  const button = byId("follow");
  const show = () => {
    const more = log.behind ? ` (${log.behind} new)` : "";
    button.textContent = log.following ? "Pause" : `Follow${more}`;
  };
  button.addEventListener("click", () =>
    log.following ? log.pause() : log.follow(),
  );
  log.addEventListener("change", show);
  show();
}

/** @param {Log} log */
function offerSearch(log) {
  const field = byId("log-search");
  const find = (/** @type {boolean} */ backwards, incremental = false) => {
    const options = { incremental, decorations: MARKS };
    if (!field.value) {
      log.search.clearDecorations();
      byId("log-matches").textContent = "";
    } else if (backwards) {
      log.search.findPrevious(field.value, options);
    } else {
      log.search.findNext(field.value, options);
    }
  };
  log.search.onDidChangeResults(({ resultIndex, resultCount }) => {
    byId("log-matches").textContent = field.value
      ? matchWords(resultIndex, resultCount)
      : "";
  });
  field.addEventListener("input", () => find(false, true));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      find(event.shiftKey);
    }
  });
  byId("log-next").addEventListener("click", () => find(false));
  byId("log-previous").addEventListener("click", () => find(true));
}

/**
 * @param {number} index of the one that is shown, from 0; below that, too many to number
 * @param {number} count
 */
function matchWords(index, count) {
  if (!count) {
    return "Not found";
  }
  const all = count < MOST_MARKS ? count : `${count} or more`;
  return index < 0 ? String(all) : `${index + 1} of ${all}`;
}
