import { PHASES } from "./phases.js";

/** Phases whose messages are news for people; those of the others are lines of the log. */
const TOLD_BY_SERVER = ["waiting", "launching"];

const words = document.getElementById("phase");
const detail = document.getElementById("phase-detail");
const bar = document.getElementById("progress");
const steps = [...document.querySelectorAll("#steps [data-step]")];

/**
 * Shows a phase in words, on the bar and in the list of steps.
 *
 * @param {string} phase
 * @param {string} [message] what the server says of it
 */
export function showPhase(phase, message = "") {
  const view = PHASES[phase];
  if (!view) {
    return;
  }
  const told = TOLD_BY_SERVER.includes(phase) ? message.trim() : "";
  write(words, view.words);
  write(detail, view.detail ?? told);
  document.body.dataset.phase = phase;
  bar.value = view.percent ?? bar.value;
  markSteps(phase, view.step);
}

/**
 * A screen reader speaks what is written, so the same words are not written twice.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * @param {string} phase
 * @param {string | undefined} current
 */
function markSteps(phase, current) {
  const at = steps.findIndex((step) => step.dataset.step === current);
  steps.forEach((step, index) => {
    const state = stateOf(step.dataset.state, phase, index - at);
    step.dataset.state = state;
    if (state === "now") {
      step.setAttribute("aria-current", "step");
    } else {
      step.removeAttribute("aria-current");
    }
  });
}

/**
 * @param {string} before the step's state until now
 * @param {string} phase
 * @param {number} distance from the current step; negative for earlier ones
 */
function stateOf(before, phase, distance) {
  if (phase === "failed") {
    return before === "now" ? "failed" : before;
  }
  if (phase === "ready" || phase === "visited" || distance < 0) {
    return "done";
  }
  return distance === 0 ? "now" : "todo";
}
