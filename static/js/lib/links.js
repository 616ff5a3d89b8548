/**
 * @param {string | URL} base URL of a BinderHub, ends in "/"
 * @param {string} providerSpec "provider/spec", ready to stand in a URL
 * @param {string} urlPath
 */
export function launchLink(base, providerSpec, urlPath) {
  const link = new URL(`v2/${providerSpec}`, base);
  if (urlPath) {
    link.searchParams.set("urlpath", urlPath);
  }
  return link.href;
}

/**
 * @param {string} base
 * @param {string} link
 */
export function markdownBadge(base, link) {
  return `[![Binder](${new URL("badge_logo.svg", base).href})](${link})`;
}
