/** Shows a launch: in words, on the bar, in the list of steps, on the clock. */
import { percentDone, secondsLeft } from "./estimate.js";
import { byId, write } from "./page.js";
import { clockTime } from "./text.js";
import { detailWords, phaseWords, remainingWords } from "./words.js";

/** @import { Launch } from "./launch.js" */

/** Which item of the list of steps stands for a phase. */
const STEP = {
  connecting: "waiting",
  waiting: "waiting",
  fetching: "fetching",
  building: "building",
  pushing: "building",
  built: "building",
  launching: "launching",
};
const STILL = ["ready", "visited", "failed"];

const bar = byId("progress");
const steps = [...document.querySelectorAll("#steps [data-step]")];

/**
 * @param {Launch} launch
 * @param {number} since when the page began to wait, in milliseconds
 */
export function showProgress(launch, since) {
  const now = Date.now();
  document.body.dataset.phase = launch.phase;
  write(byId("phase"), phaseWords(launch));
  write(byId("phase-detail"), detailWords(launch));
  // Never back: an estimate may fall, but nobody wants to see that.
  bar.value = Math.max(bar.value, percentDone(launch, now));
  if (!STILL.includes(launch.phase)) {
    write(byId("elapsed"), clockTime(now - since));
  }
  write(byId("remaining"), remainingWords(launch, secondsLeft(launch, now)));
  steps.forEach((step) => markStep(step, launch));
}

/**
 * @param {Element} step an item of the list
 * @param {Launch} launch
 */
function markStep(step, launch) {
  const state = stateOf(step, launch);
  step.dataset.state = state;
  if (state === "now") {
    step.setAttribute("aria-current", "step");
  } else {
    step.removeAttribute("aria-current");
  }
}

/**
 * @param {Element} step
 * @param {Launch} launch
 */
function stateOf(step, { phase, doing }) {
  const distance = steps.indexOf(step) - indexOfStep(STEP[doing]);
  if (phase === "ready" || phase === "visited" || distance < 0) {
    return "done";
  }
  if (distance > 0) {
    return "todo";
  }
  return phase === "failed" ? "failed" : "now";
}

/** @param {string} name */
const indexOfStep = (name) =>
  steps.findIndex((step) => step.dataset.step === name);
