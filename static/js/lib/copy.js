const SHOWN_MS = 2000;

/**
 * Makes a button copy a field's text, and say that it did.
 *
 * @param {HTMLButtonElement} button
 * @param {HTMLInputElement} field
 */
export function copies(button, field) {
  const label = button.textContent;
  let timer = 0;
  button.addEventListener("click", async () => {
    button.textContent = (await copy(field)) ? "Copied" : "Press Ctrl+C";
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (button.textContent = label), SHOWN_MS);
  });
}

/** @param {HTMLInputElement} field */
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Over plain HTTP from another machine, a classroom's usual case, browsers have no clipboard API.
    return document.execCommand("copy");
  }
}
