/**
 * What the server tells every page in its first script.
 *
 * @typedef {object} Provider
 * @prop {string} id prefix of the provider's specs, such as "gh"
 * @prop {string} displayName
 * @prop {{validateRegex?: string}} spec
 * @prop {{regex?: string}} [detect] finds `(?<repo>…)` in what a person pastes
 * @prop {{label: string, placeholder: string, urlEncode?: boolean}} repo
 * @prop {{enabled: boolean, default?: string}} ref
 *
 * @typedef {object} PageConfig
 * @prop {string} baseUrl path of this BinderHub, ends in "/"
 * @prop {string} badgeBaseUrl public, absolute URL of this BinderHub, ends in "/"
 * @prop {Provider[]} repoProviders
 * @prop {string} [buildToken] on the loading page only
 */

/** @type {PageConfig} */
export const config = window.pageConfig;

/** Absolute URL of this BinderHub, as this browser reaches it. */
export const baseUrl = new URL(config.baseUrl, window.location.href);
