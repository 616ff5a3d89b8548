/**
 * The pages' Content-Security-Policy allows inline styles only with the page's nonce. The terminal makes <style>
 * elements by script, with no way to give them one: here each that is made so gets it.
 */
const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
const createElement = document.createElement;

document.createElement = function (name, options) {
  const element = createElement.call(this, name, options);
  if (element instanceof HTMLStyleElement) {
    element.nonce = nonce;
  }
  return element;
};
