/** The launches that this browser remembers, for the main page. */

/**
 * @typedef {object} Recent
 * @prop {string} name for people
 * @prop {string} ref for people; may be empty
 * @prop {string} link path and query of the loading page
 */

const KEY = "binderhub-lite.recent";
const MOST = 6;

/** @returns {Recent[]} the newest first */
export function recentLaunches() {
  try {
    const kept = JSON.parse(window.localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isRecent) : [];
  } catch {
    return []; // A browser may forbid to keep anything; what others wrote may be anything.
  }
}

/** @param {Recent} launch */
export function rememberLaunch(launch) {
  const others = recentLaunches().filter(({ link }) => link !== launch.link);
  keep([launch, ...others].slice(0, MOST));
}

export function forgetLaunches() {
  keep([]);
}

/** @param {Recent[]} launches */
function keep(launches) {
  try {
    window.localStorage.setItem(KEY, JSON.stringify(launches));
  } catch {
    // Then there is no list: nothing that anybody waits for.
  }
}

/**
 * @param {any} value
 * @returns {value is Recent}
 */
function isRecent(value) {
  return [value?.name, value?.ref, value?.link].every(
    (part) => typeof part === "string",
  );
}
