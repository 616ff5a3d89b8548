/** Text of a log and times, as people read them. */

const ESCAPE = String.fromCharCode(27);
const SEQUENCES = new RegExp(`${ESCAPE}\\[[0-9;?]*[ -/]*[@-~]`, "g");

/**
 * A terminal's text without colours, and without what a carriage return has overwritten.
 *
 * @param {string} text
 */
export function plain(text) {
  return text
    .replace(SEQUENCES, "")
    .split("\n")
    .map((line) => line.replace(/\r+$/, "").split("\r").at(-1))
    .join("\n");
}

/**
 * A duration as a clock shows it: "0:07", "1:02:03".
 *
 * @param {number} milliseconds
 */
export function clockTime(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const parts = hours ? [hours, twoDigits(minutes)] : [minutes];
  return [...parts, twoDigits(seconds % 60)].join(":");
}

/** @param {number} number */
const twoDigits = (number) => String(number).padStart(2, "0");

/**
 * A duration in rough words: "a few seconds", "about 40 seconds", "about 3 minutes".
 *
 * @param {number} seconds
 */
export function roughly(seconds) {
  if (seconds < 8) {
    return "a few seconds";
  }
  if (seconds < 90) {
    return `about ${Math.max(10, Math.round(seconds / 10) * 10)} seconds`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 90
    ? `about ${minutes} minutes`
    : `about ${Math.round(minutes / 60)} hours`;
}
