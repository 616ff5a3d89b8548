/**
 * What usually helps: advice for a failure, found by what the server and the log said.
 *
 * @typedef {object} Trouble
 * @prop {string} message the server's last word
 * @prop {number} [status] the HTTP status that stands behind it
 * @prop {string} doing the phase that failed
 * @prop {string} log its last lines
 */

/**
 * In order: where several fit, the first ones are shown.
 *
 * @type {{ fits: (trouble: Trouble) => boolean, advice: string }[]}
 */
const HINTS = [
  {
    fits: ({ status, message }) =>
      status === 429 && !/running|quota/i.test(message),
    advice:
      "This server takes only so many launches from one address. Wait a little, then try again.",
  },
  {
    fits: ({ message }) => /too many (users|servers)|quota/i.test(message),
    advice:
      "All places are taken. Try again in some minutes: places become free when others finish.",
  },
  {
    fits: ({ status }) => status === 409,
    advice: "Your servers are listed behind the link at the top of this page.",
  },
  {
    fits: ({ status, message }) =>
      status === 404 ||
      /could not resolve ref|no such (repository|ref|branch)/i.test(message),
    advice:
      "Check the spelling of the repository and of its branch, tag or commit. A private repository looks as if it were not there.",
  },
  {
    fits: ({ status, message }) =>
      status === 403 && /token|expired|too old/i.test(message),
    advice: "This page is too old. Try again loads it anew.",
  },
  {
    fits: ({ status, message }) =>
      status === 403 && !/token|expired|too old/i.test(message),
    advice:
      "This server does not accept this launch. Ask whoever runs it whether that is meant to be.",
  },
  {
    fits: inBuild(
      /out of (the )?memory|MemoryError|OOMKilled|exit code: 137|\bKilled$|Cannot allocate memory/im,
    ),
    advice:
      "It took more memory than there is. Install fewer or smaller packages, or ask for a higher memory limit.",
  },
  {
    fits: inBuild(/No space left on device|disk quota exceeded/i),
    advice: "The server's disk is full. Tell whoever runs it.",
  },
  {
    fits: inBuild(
      /Could not resolve host|Temporary failure in name resolution|Network is unreachable|Connection timed out|NewConnectionError|Could not connect to/i,
    ),
    advice:
      "A step could not reach the internet. Try again later; without internet, only what is in the image already can be installed.",
  },
  {
    fits: inBuild(
      /No matching distribution found|Could not find a version|PackagesNotFoundError|ResolvePackageNotFound|nothing provides|Unable to locate package|there is no package called|E404|ModuleNotFoundError/i,
    ),
    advice:
      "A package was not found. Check its name and version in requirements.txt, environment.yml or the like.",
  },
  {
    fits: inBuild(
      /ResolutionImpossible|LibMambaUnsatisfiableError|UnsatisfiableError|conflicting dependencies/i,
    ),
    advice:
      "Some packages do not go together in the versions that are asked for. Loosen a version, or leave one of them out.",
  },
  {
    fits: inBuild(/exit code: 127\b|: command not found/i),
    advice:
      "A command was not found. Check its spelling, or install what brings it along.",
  },
  {
    fits: inBuild(/took longer than the/i),
    advice:
      "The build took too long. Install less, or start from an image that has most of it already.",
  },
  {
    fits: ({ message }) => /was cancelled/i.test(message),
    advice:
      "Whoever started this build, or runs this server, has stopped it. Try again starts it anew.",
  },
  {
    fits: ({ status, message }) =>
      [502, 503, 504].includes(status ?? 0) ||
      /no docker daemon answers/i.test(message),
    advice:
      "Something on the server does not work at the moment. Try again soon; if it stays so, tell whoever runs it.",
  },
];

/** For failures that no hint fits, by the phase that failed. */
const LOOK_AT_THE_LOG =
  "The last lines of the log usually name the error. After a change in the repository, try again.";
const LOOK_AT_THE_IMAGE =
  "The image is there, but its server did not start. An image with a program of its own must be able to run Jupyter.";
const OTHERWISE = {
  building: LOOK_AT_THE_LOG,
  pushing: LOOK_AT_THE_LOG,
  built: LOOK_AT_THE_IMAGE,
  launching: LOOK_AT_THE_IMAGE,
};
const STARTING = ["built", "launching"];
const MOST = 2;

/**
 * @param {Trouble} trouble
 * @returns {string[]}
 */
export function hintsFor(trouble) {
  const fitting = HINTS.filter(({ fits }) => fits(trouble));
  const otherwise = OTHERWISE[trouble.doing];
  return fitting.length || !otherwise
    ? fitting.slice(0, MOST).map(({ advice }) => advice)
    : [otherwise];
}

/**
 * @param {RegExp} pattern
 * @returns {(trouble: Trouble) => boolean}
 */
function inBuild(pattern) {
  return ({ doing, message, log }) =>
    !STARTING.includes(doing) && (pattern.test(message) || pattern.test(log));
}
