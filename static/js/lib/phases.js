/**
 * How the page tells a phase to people.
 *
 * @typedef {object} PhaseView
 * @prop {string} words
 * @prop {string} [detail] a second line; without it the server's own message may stand there
 * @prop {string} [step] the item of the list of steps that it belongs to
 * @prop {number} [percent] how far the bar is
 */

/**
 * The phases of the event stream, and "visited": back on the page of a launch that is over.
 * A phase that is not here ("unknown") changes nothing.
 *
 * @type {Record<string, PhaseView>}
 */
export const PHASES = {
  waiting: { words: "Waiting for our turn", step: "waiting", percent: 5 },
  fetching: { words: "Fetching the repository", step: "fetching", percent: 15 },
  building: {
    words: "Building the image",
    detail: "The first time takes a while. After that the image is kept.",
    step: "building",
    percent: 35,
  },
  pushing: { words: "Storing the image", step: "building", percent: 75 },
  built: { words: "The image is there", step: "building", percent: 80 },
  launching: {
    words: "Starting your Jupyter server",
    step: "launching",
    percent: 90,
  },
  ready: { words: "Ready. Taking you there now.", percent: 100 },
  visited: {
    words: "Your server was started",
    detail: "It runs on for a while after you leave it.",
    percent: 100,
  },
  failed: {
    words: "This launch has failed",
    detail: "The log below tells more.",
  },
};
