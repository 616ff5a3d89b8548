/**
 * What the page knows of its launch, worked out from the events alone: no clock, no document.
 *
 * @import { BuildEvent } from "./stream.js"
 *
 * @typedef {object} BuildStep a step of the Dockerfile
 * @prop {number} number counts from 1
 * @prop {number} of
 * @prop {string} instruction
 *
 * @typedef {object} Launch
 * @prop {string} phase of the stream; besides "connecting", "lost" and "visited"
 * @prop {string} doing the last phase in which something was done
 * @prop {string} message what the server said with the phase
 * @prop {number} ahead how many builds come first, while it waits
 * @prop {boolean} builds whether an image has to be built
 * @prop {string} build the build's name, which its kept log goes by; empty while there is none
 * @prop {boolean} ours whether this page's request began the build
 * @prop {number | null} expected how many seconds such a build took before
 * @prop {boolean} sameRepo whether those were builds of this repository
 * @prop {number | null} building when the build began, in milliseconds
 * @prop {number | null} starting when the server's start began, in milliseconds
 * @prop {BuildStep | null} step the latest that the log tells of
 */

/** Phases that say how far a launch is; what else comes ("unknown") changes nothing. */
const DOING = [
  "waiting",
  "fetching",
  "building",
  "pushing",
  "built",
  "launching",
];
const ENDS = ["ready", "failed"];
const IN_BUILD = ["fetching", "building", "pushing", "unknown"];

const BUILDKIT_STEP = /^#\d+ \[(?:\S+ +)? *(\d+)\/(\d+)\] (.+)$/;
const CLASSIC_STEP = /^Step (\d+)\/(\d+) ?: ?(.+)$/;

/** @returns {Launch} */
export function newLaunch() {
  return {
    phase: "connecting",
    doing: "waiting",
    message: "",
    ahead: 0,
    builds: false,
    build: "",
    ours: false,
    expected: null,
    sameRepo: false,
    building: null,
    starting: null,
    step: null,
  };
}

/**
 * The launch after one more event.
 *
 * @param {Launch} launch
 * @param {BuildEvent} event
 * @param {number} now in milliseconds
 * @returns {Launch}
 */
export function advance(launch, event, now) {
  const message = (event.message ?? "").trim();
  if (isMoreOfTheSame(launch, event, message)) {
    return launch;
  }
  const next = { ...launch };
  if (event.build) {
    joinBuild(next, event, now);
  }
  if (next.builds && IN_BUILD.includes(event.phase)) {
    next.building ??= now;
    next.step = stepIn(message) ?? next.step;
  }
  if (event.phase === "launching") {
    next.starting ??= now;
  }
  if (DOING.includes(event.phase)) {
    next.phase = next.doing = event.phase;
    next.message = message;
    next.ahead = event.ahead ?? 0;
  } else if (ENDS.includes(event.phase)) {
    next.phase = event.phase;
    next.message = message;
  } else if (launch.phase === "lost") {
    next.phase = launch.doing;
  }
  return next;
}

/**
 * Whether it is one more line of the log that a build writes: there may be very many.
 *
 * @param {Launch} launch
 * @param {BuildEvent} event
 * @param {string} message
 */
function isMoreOfTheSame({ phase, building }, event, message) {
  return (
    phase === "building" &&
    event.phase === "building" &&
    building !== null &&
    !event.build &&
    !stepIn(message)
  );
}

/**
 * @param {Launch} launch
 * @param {BuildEvent} event the first of a build
 * @param {number} now
 */
function joinBuild(launch, event, now) {
  const running = event.running_seconds ?? null;
  launch.builds = true;
  launch.build = event.build;
  launch.ours ||= event.started_it === true;
  launch.expected = event.expected_seconds ?? null;
  launch.sameRepo = event.expected_from === "repository";
  launch.building = running === null ? null : now - running * 1000;
  launch.starting = null;
}

/**
 * @param {string} line of the log
 * @returns {BuildStep | null}
 */
function stepIn(line) {
  const found = BUILDKIT_STEP.exec(line) ?? CLASSIC_STEP.exec(line);
  return found
    ? { number: Number(found[1]), of: Number(found[2]), instruction: found[3] }
    : null;
}
