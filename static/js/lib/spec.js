/** @import { Provider } from "./config.js" */

/**
 * @param {string | undefined} source a pattern that the server sends; Python's dialect, not always JavaScript's
 * @returns {RegExp | null}
 */
function pattern(source) {
  try {
    return source ? new RegExp(source) : null;
  } catch {
    return null;
  }
}

/**
 * Encodes what would end a URL's path or change its meaning, and leaves its slashes.
 *
 * @param {string} path
 */
function encodePath(path) {
  return encodeURI(path).replace(/[?#]/g, encodeURIComponent);
}

/**
 * @param {Provider} provider
 * @param {string} repo without spaces around it
 * @param {string} ref empty for the provider's default
 * @returns {string} the spec, ready to stand in a URL's path; empty while there is no repository
 */
export function specOf(provider, repo, ref) {
  const name = repo.replace(/\/+$/, "");
  if (!name) {
    return "";
  }
  const encodedRepo = provider.repo.urlEncode
    ? encodeURIComponent(name)
    : encodePath(name);
  const wantedRef = provider.ref.enabled
    ? ref.trim() || provider.ref.default || ""
    : "";
  return wantedRef ? `${encodedRepo}/${encodePath(wantedRef)}` : encodedRepo;
}

/**
 * @param {Provider} provider
 * @param {string} spec
 */
export function isValid(provider, spec) {
  return pattern(provider.spec?.validateRegex)?.test(spec) ?? true;
}
