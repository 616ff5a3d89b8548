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
 * A badge that leads to a link, as a README may carry it.
 *
 * @param {string | URL} base URL of the BinderHub that the badge is from, ends in "/"
 * @param {string} link
 */
export function badges(base, link) {
  const picture = new URL("badge_logo.svg", base).href;
  return {
    // The first closing parenthesis would end it.
    markdown: `[![Binder](${picture})](${link.replace(/[()]/g, encodeParenthesis)})`,
    rst: `.. image:: ${picture}\n   :target: ${link}\n   :alt: Binder`,
    html: `<a href="${escapeHtml(link)}"><img src="${escapeHtml(picture)}" alt="Binder"></a>`,
  };
}

/** @param {string} character */
const encodeParenthesis = (character) => (character === "(" ? "%28" : "%29");

/** @param {string} text */
const escapeHtml = (text) =>
  text.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
