import { baseUrl } from "./config.js";

/**
 * What the server makes of a text that names a repository.
 *
 * @typedef {object} Found
 * @prop {string} provider id of the provider; empty when nothing was recognised
 * @prop {string} repo
 * @prop {string} ref may be empty
 * @prop {string} kind what is to be opened: a key of KINDS, or empty
 * @prop {string} path of that
 * @prop {string} problem a sentence, when nothing was recognised
 */

/** @type {Found} */
export const NOTHING = {
  provider: "",
  repo: "",
  ref: "",
  kind: "",
  path: "",
  problem: "",
};

/** @type {Found} worth another try */
export const NO_ANSWER = {
  ...NOTHING,
  problem: "This BinderHub does not answer; try again.",
};

/**
 * @param {string} text
 * @returns {Promise<Found>}
 */
export async function recognise(text) {
  const address = new URL("api/detect", baseUrl);
  address.searchParams.set("text", text);
  address.searchParams.set("lenient", "");
  try {
    const found = await (await fetch(address)).json();
    return { ...NOTHING, ...found, problem: found.message ?? "" };
  } catch {
    return NO_ANSWER;
  }
}
