import { baseUrl } from "./config.js";

const STATES = {
  building: { favicon: "favicon_building.ico", title: "Starting" },
  success: { favicon: "favicon_success.ico", title: "Ready" },
  failed: { favicon: "favicon_fail.ico", title: "Failed" },
};

/**
 * Lets the browser's tab tell how it goes, for those who look elsewhere meanwhile.
 *
 * @param {keyof typeof STATES} state
 * @param {string} name of what is launched
 */
export function showInTab(state, name) {
  const { favicon, title } = STATES[state];
  document
    .getElementById("favicon")
    .setAttribute("href", new URL(favicon, baseUrl).href);
  document.title = `${title}: ${name}`;
}
