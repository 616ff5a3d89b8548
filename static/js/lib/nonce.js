/**
 * The pages' Content-Security-Policy allows inline styles only with the page's nonce. The terminal makes <style>
 * elements by script, with no way to give them one: here each that is made so gets it. And it writes the colours of
 * letters as style attributes, which the policy stops, where the same through an element's `style` is allowed.
 */
const nonce = document.querySelector("script[nonce]")?.nonce ?? "";
const createElement = document.createElement;
const setAttribute = Element.prototype.setAttribute;

document.createElement = function (name, options) {
  const element = createElement.call(this, name, options);
  if (element instanceof HTMLStyleElement) {
    element.nonce = nonce;
  }
  return element;
};

HTMLElement.prototype.setAttribute = function (name, value) {
  if (name === "style") {
    this.style.cssText = value;
  } else {
    setAttribute.call(this, name, value);
  }
};
