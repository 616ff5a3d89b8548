/** How the page tells of a launch. */
import { roughly } from "./text.js";

/** @import { Launch } from "./launch.js" */

const WORDS = {
  connecting: "Connecting",
  waiting: "Getting ready",
  fetching: "Fetching the repository",
  building: "Building the image",
  pushing: "Storing the image",
  built: "The image is there",
  launching: "Starting your Jupyter server",
  ready: "Ready. Taking you there now.",
  visited: "Your server was started",
  failed: "This launch has failed",
  lost: "The connection is lost",
};

const TAB = {
  connecting: "Starting",
  waiting: "Waiting",
  fetching: "Fetching",
  building: "Building",
  pushing: "Building",
  built: "Starting",
  launching: "Starting",
  ready: "Ready",
  visited: "Ready",
  failed: "Failed",
  lost: "No connection",
};

/** What failed, to be put after "It failed while". */
const WHILE = {
  fetching: "fetching the repository",
  building: "building the image",
  pushing: "storing the image",
  built: "starting the server",
  launching: "starting the server",
};

const IN_BUILD = ["fetching", "building", "pushing"];

/**
 * The one line that a screen reader speaks, too.
 *
 * @param {Launch} launch
 */
export function phaseWords({ phase, ahead }) {
  if (phase !== "waiting" || !ahead) {
    return WORDS[phase];
  }
  return ahead === 1
    ? "In the queue: 1 build is ahead of yours"
    : `In the queue: ${ahead} builds are ahead of yours`;
}

/** @param {Launch} launch */
export function detailWords({ phase, message, step, ahead }) {
  switch (phase) {
    case "waiting":
      return ahead ? "It starts as soon as it is its turn." : message;
    case "building":
    case "pushing":
      return step ? stepWords(step) : "Preparing the build";
    case "launching":
      return message;
    case "visited":
      return "It runs on for a while after you leave it.";
    default:
      return "";
  }
}

/** @param {{ number: number, of: number, instruction: string }} step */
const stepWords = ({ number, of, instruction }) =>
  `Step ${number} of ${of}: ${instruction}`;

/**
 * @param {Launch} launch
 * @param {number | null} secondsLeft
 */
export function remainingWords({ phase, expected, sameRepo }, secondsLeft) {
  if (!IN_BUILD.includes(phase) || !expected) {
    return "";
  }
  if (secondsLeft !== null && secondsLeft < 0) {
    return `It takes longer than expected (${roughly(expected)}).`;
  }
  const whose = sameRepo ? "this repository" : "other repositories";
  const time = upper(roughly(secondsLeft ?? expected));
  return `${time} to go, judging by earlier builds of ${whose}.`;
}

/** @param {Launch} launch */
export function failedWhen({ doing, builds, step }) {
  if (doing === "waiting") {
    return builds
      ? "It failed while waiting for the build"
      : "It failed before anything was built";
  }
  const where =
    doing === "building" && step ? `, at ${lower(stepWords(step))}` : "";
  return `It failed while ${WHILE[doing]}${where}`;
}

/** @param {string} text */
const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);

/** @param {string} text */
const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * @param {Launch} launch
 * @param {string} name of what is launched
 */
export function tabTitle({ phase, ahead }, name) {
  const word = phase === "waiting" && ahead ? `${ahead} ahead` : TAB[phase];
  return `${word}: ${name}`;
}
