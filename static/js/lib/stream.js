/** @import { BinderRepository } from "@jupyterhub/binderhub-client/client.js" */

/**
 * One event of a build's stream; the fields after `status_code` come with "ready".
 *
 * @typedef {object} BuildEvent
 * @prop {string} [phase]
 * @prop {string} [message]
 * @prop {string} [build] with the first event of a build: its name
 * @prop {boolean} [started_it] with the first event of a build: whether this request began it
 * @prop {number} [status_code]
 * @prop {string} [url]
 * @prop {string} [token]
 */

const LAST_PHASES = ["ready", "failed"];
const LOST = /^(Error in event stream|Event stream closed)/;

/**
 * @param {BuildEvent} event
 * @returns {BuildEvent}
 */
function inPlainWords(event) {
  if (event.phase === "failed" && LOST.test(event.message ?? "")) {
    return {
      ...event,
      message: "The connection to this BinderHub was lost.\n",
    };
  }
  return event;
}

/**
 * The events of a build, up to the last; the connection is closed after it.
 *
 * @param {BinderRepository} repository
 * @returns {AsyncGenerator<BuildEvent>}
 */
export async function* buildEvents(repository) {
  const events = repository.fetch();
  // The client throws inside its own reader after a "failed" event. Closed in the same turn, it does so in
  // silence; closed later, it reports a second failure and leaves a rejected promise that nobody handles.
  const queue = repository.eventIteratorQueue;
  const push = queue.push;
  queue.push = (event) => {
    push(event);
    if (LAST_PHASES.includes(event.phase)) {
      repository.close();
    }
  };
  for await (const event of events) {
    yield inPlainWords(event);
  }
}
