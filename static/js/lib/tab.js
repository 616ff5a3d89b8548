import { baseUrl } from "./config.js";
import { byId } from "./page.js";
import { tabTitle } from "./words.js";

/** @import { Launch } from "./launch.js" */

const FAVICONS = {
  ready: "favicon_success.ico",
  visited: "favicon_success.ico",
  failed: "favicon_fail.ico",
};

/**
 * Lets the browser's tab tell how it goes, for those who look elsewhere meanwhile.
 *
 * @param {Launch} launch
 * @param {string} name of what is launched
 */
export function showInTab(launch, name) {
  const file = FAVICONS[launch.phase] ?? "favicon_building.ico";
  const address = new URL(file, baseUrl).href;
  const icon = byId("favicon"); // somebody's own template may have none
  // The same again would make the browser load it again.
  if (icon && icon.href !== address) {
    icon.href = address;
  }
  document.title = tabTitle(launch, name);
}
