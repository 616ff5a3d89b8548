import { config } from "./config.js";

/** Where the configuration stands in a page, from its first character to its last. */
const CONFIG = /window\.pageConfig = (\{.*?\});<\/script>/s;

/**
 * The token that opens the event stream of this page's build.
 *
 * @param {boolean} anew ask the server for a fresh one: they are short-lived
 * @returns {Promise<string>}
 */
export async function buildToken(anew) {
  if (!anew) {
    return config.buildToken;
  }
  const answer = await fetch(window.location.href, { cache: "no-store" });
  const found = CONFIG.exec(await answer.text());
  const token = found && JSON.parse(found[1]).buildToken;
  if (!token) {
    throw new Error(`No token: ${answer.status}`);
  }
  return token;
}
