/**
 * @param {string} id
 * @returns {any} the element of the page that has it
 */
export const byId = (id) => document.getElementById(id);

/**
 * Writes a text where it differs: a screen reader speaks what is written, so nothing is written twice.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
