/** How far a launch is, and how long it may still take. */

/** @import { Launch } from "./launch.js" */

/** Where on the bar (0 to 100) each part of a launch begins and ends, with a build and without one. */
const WITH_BUILD = {
  connecting: [0, 2],
  waiting: [2, 5],
  fetching: [5, 10],
  building: [10, 85],
  pushing: [85, 88],
  built: [88, 88],
  launching: [88, 99],
};
const WITHOUT_BUILD = {
  ...WITH_BUILD,
  built: [10, 10],
  launching: [10, 95],
};
const ALL_DONE = ["ready", "visited"];

/** A server is usually there after some seconds; the bar slows down and never quite arrives. */
const START_SECONDS = 4;
/** For a build of which nothing is known, neither its steps nor how long others took. */
const UNKNOWN_BUILD_SECONDS = 120;
const NEARLY = 0.9;

/**
 * @param {Launch} launch
 * @param {number} now in milliseconds
 * @returns {number} 0 to 100
 */
export function percentDone(launch, now) {
  if (ALL_DONE.includes(launch.phase)) {
    return 100;
  }
  const parts = launch.builds ? WITH_BUILD : WITHOUT_BUILD;
  const [from, to] = parts[launch.doing];
  return from + (to - from) * partDone(launch, now);
}

/**
 * @param {Launch} launch
 * @param {number} now
 * @returns {number} 0 to 1, of the part that is being done
 */
function partDone(launch, now) {
  switch (launch.doing) {
    case "building":
      return buildDone(launch, now);
    case "launching":
      return slowingDown(secondsSince(launch.starting, now) / START_SECONDS);
    default:
      return 0;
  }
}

/**
 * @param {Launch} launch
 * @param {number} now
 */
function buildDone({ building, expected, sameRepo, step }, now) {
  const seconds = secondsSince(building, now);
  const bySteps = step && (step.number - 1) / step.of;
  if (!expected) {
    return bySteps ?? slowingDown(seconds / UNKNOWN_BUILD_SECONDS);
  }
  const byTime = nearlyAtOne(seconds / expected);
  return sameRepo || bySteps === null ? byTime : (byTime + bySteps) / 2;
}

/**
 * The seconds that the build will still take; below zero when it takes longer than expected, null when nobody knows.
 *
 * @param {Launch} launch
 * @param {number} now
 * @returns {number | null}
 */
export function secondsLeft({ building, expected }, now) {
  return building === null || !expected
    ? null
    : expected - secondsSince(building, now);
}

/**
 * @param {number | null} then
 * @param {number} now
 */
const secondsSince = (then, now) => (then === null ? 0 : (now - then) / 1000);

/** @param {number} x */
const slowingDown = (x) => 1 - Math.exp(-x);

/**
 * Straight to 0.9, then ever slower towards 1.
 *
 * @param {number} x
 */
const nearlyAtOne = (x) =>
  x < NEARLY
    ? x
    : NEARLY + (1 - NEARLY) * slowingDown((x - NEARLY) / (1 - NEARLY));
