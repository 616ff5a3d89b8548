import { fetchEventSource } from "@microsoft/fetch-event-source";

/**
 * One event of a launch's stream; what it may carry is told in docs/protocol.md.
 *
 * @typedef {object} BuildEvent
 * @prop {string} phase
 * @prop {string} [message]
 * @prop {number} [status_code]
 * @prop {number} [ahead] while it waits: how many builds come first
 * @prop {string} [build] with the first event of a build: its name
 * @prop {boolean} [started_it] with that event, too: whether this request began the build
 * @prop {number | null} [running_seconds] and how long it runs already
 * @prop {number | null} [expected_seconds] and how long it may take in all
 * @prop {string} [expected_from] and whose builds that is known from
 * @prop {string} [url] with "ready"
 * @prop {string} [token] with "ready"
 *
 * @typedef {object} Handlers
 * @prop {(event: BuildEvent) => void} onEvent
 * @prop {(retryAt: number) => void} onLost the time, in milliseconds, of the next try
 * @prop {() => void} onGivenUp no further try will be made
 */

const LAST_PHASES = ["ready", "failed"];
/** A log that comes all at once is worked off bit by bit: the page must not stand still. */
const PIECE_BYTES = 65_536;
/** The server says something every 20 seconds. */
const SILENCE_MS = 65_000;
const LONGEST_PAUSE_MS = 15_000;
/** Somebody who went home must not find a new server tomorrow. */
const GIVE_UP_MS = 10 * 60_000;

/**
 * Follows a launch to its last event, over any number of connections.
 *
 * @param {(again: boolean) => Promise<URL>} address of the stream; `again` after a connection was lost
 * @param {Handlers} handlers
 * @returns {{ close: () => void, retry: () => void }} `retry` cuts the pause before the next try short
 */
export function followLaunch(address, { onEvent, onLost, onGivenUp }) {
  let connection = new AbortController();
  let over = false;
  let tries = 0;
  let lostAt = 0;
  let pause = 0;

  async function connect() {
    window.clearTimeout(pause);
    const mine = (connection = new AbortController());
    try {
      const url = await address(tries > 0);
      if (!mine.signal.aborted) {
        await readEvents(url, mine, hear);
      }
    } catch {
      // However the connection ended: unless the launch is over, it has to be made again.
    }
    if (!over && connection === mine) {
      lose();
    }
  }

  /** @param {BuildEvent} event */
  function hear(event) {
    tries = lostAt = 0;
    if (LAST_PHASES.includes(event.phase)) {
      close();
    }
    onEvent(event);
  }

  function lose() {
    lostAt ||= Date.now();
    if (Date.now() - lostAt > GIVE_UP_MS) {
      close();
      onGivenUp();
      return;
    }
    const wait = Math.min(1000 * 2 ** tries++, LONGEST_PAUSE_MS);
    pause = window.setTimeout(connect, wait);
    onLost(Date.now() + wait);
  }

  function retry() {
    if (lostAt && !over) {
      connection.abort();
      connect();
    }
  }

  const goOffline = () => connection.abort();

  function close() {
    over = true;
    window.clearTimeout(pause);
    window.removeEventListener("online", retry);
    window.removeEventListener("offline", goOffline);
    connection.abort();
  }

  window.addEventListener("online", retry);
  window.addEventListener("offline", goOffline);
  connect();
  return { close, retry };
}

/**
 * Reads the events of one connection; returns, or throws, when that has ended or was silent for too long.
 *
 * @param {URL} url
 * @param {AbortController} connection ends it, too
 * @param {(event: BuildEvent) => void} hear
 */
async function readEvents(url, connection, hear) {
  let alarm = 0;
  const listen = () => {
    window.clearTimeout(alarm);
    alarm = window.setTimeout(() => connection.abort(), SILENCE_MS);
  };
  listen();
  try {
    await fetchEventSource(url.href, {
      signal: connection.signal,
      openWhenHidden: true,
      fetch: fetchInPieces,
      onmessage: ({ data }) => {
        listen();
        // The server's comments, which keep the connection alive, come as messages without data.
        if (data && !connection.signal.aborted) {
          hear(JSON.parse(data));
        }
      },
      onerror: (error) => {
        throw error; // else it would try again by itself, with a token that may be too old
      },
    });
  } finally {
    window.clearTimeout(alarm);
  }
}

/**
 * @param {RequestInfo} request
 * @param {RequestInit} init
 */
async function fetchInPieces(request, init) {
  const answer = await fetch(request, init);
  return new Response(answer.body?.pipeThrough(pieces()), answer);
}

function pieces() {
  return new TransformStream({
    async transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        // Nobody sees a hidden page stand still, and its timers may be a minute apart.
        if (at && !document.hidden) {
          await new Promise((resume) => window.setTimeout(resume));
        }
        controller.enqueue(chunk.subarray(at, at + PIECE_BYTES));
      }
    },
  });
}
