/** The loading page: follows a launch and goes to the server once it is ready. */
import { offerCancel } from "./lib/cancel.js";
import { baseUrl } from "./lib/config.js";
import { destination } from "./lib/destination.js";
import { showFailure } from "./lib/failure.js";
import { advance, newLaunch } from "./lib/launch.js";
import { Log } from "./lib/log.js";
import { linkKeptLog, offerLogTools } from "./lib/log-tools.js";
import { byId } from "./lib/page.js";
import { showProgress } from "./lib/progress.js";
import { rememberLaunch } from "./lib/recent.js";
import { followLaunch } from "./lib/stream.js";
import { showInTab } from "./lib/tab.js";
import { buildToken } from "./lib/token.js";
import { recall, remember } from "./lib/visited.js";

const TICK_MS = 250;
/** If the browser is still here by then, it was stopped, or the way to the server is long: a link helps. */
const LEAVING_MS = 8000;

const { name, ref } = byId("launch").dataset;
const { pathname, search } = window.location;

/** "provider/spec" as it stands in this page's address, its percent-encoding untouched. */
const providerSpec = pathname
  .slice(baseUrl.pathname.length + "v2/".length)
  .replace(/\/+$/, "");

/** @param {boolean} again */
async function streamAddress(again) {
  const address = new URL(`build/${providerSpec}`, baseUrl);
  address.searchParams.set("build_token", await buildToken(again));
  return address;
}

/** @param {string} serverUrl */
function offerVisited(serverUrl) {
  byId("log-section").hidden = true;
  byId("visited-link").setAttribute("href", serverUrl);
  byId("visited").hidden = false;
}

/** @param {string} serverUrl */
function goTo(serverUrl) {
  remember(serverUrl);
  rememberLaunch({ name, ref: ref ?? "", link: pathname + search });
  window.location.href = serverUrl;
}

function start() {
  const since = Date.now();
  const log = new Log(byId("log"));
  const updateCancel = offerCancel(() => streamAddress(false));
  let launch = newLaunch();
  let serverUrl = "";

  /** @param {import("./lib/launch.js").Launch} next */
  function show(next) {
    // A new phase at once, all else when the clock ticks: a log may have thousands of lines a second.
    const news = next.phase !== launch.phase || next.ahead !== launch.ahead;
    launch = next;
    if (news) {
      render();
    }
  }

  function render() {
    showProgress(launch, since);
    showInTab(launch, name);
    updateCancel(launch);
    byId("lost").hidden = launch.phase !== "lost";
    if (launch.building !== null) {
      linkKeptLog(launch.build); // not before: a build that waits has none
    }
    showRetry();
  }

  /** @param {import("./lib/stream.js").BuildEvent} event */
  function onEvent(event) {
    show(advance(launch, event, Date.now()));
    if (event.phase === "ready") {
      serverUrl = destination(event.url, event.token, search);
      goTo(serverUrl);
      window.setTimeout(showVisited, LEAVING_MS);
    } else if (event.phase === "failed") {
      showFailure(launch, event.status_code, log);
    }
    log.write(event.message ?? "");
  }

  function showVisited() {
    offerVisited(serverUrl);
    show({ ...launch, phase: "visited" });
  }

  /** @param {number} retryAt */
  function onLost(retryAt) {
    if (launch.phase !== "lost") {
      log.write(
        "\n[The connection was lost. What comes after it begins with the last lines again.]\n\n",
      );
    }
    byId("lost").dataset.retryAt = String(retryAt);
    show({ ...launch, phase: "lost", message: "" });
  }

  function onGivenUp() {
    const message =
      "The connection to this BinderHub was lost, and did not come back.";
    show({ ...launch, phase: "failed", message });
    showFailure(launch, undefined, log);
  }

  const stream = followLaunch(streamAddress, { onEvent, onLost, onGivenUp });
  window.setInterval(render, TICK_MS);

  offerLogTools(log);
  byId("retry").addEventListener("click", stream.retry);
  // A page that is left must not hold a connection; one that comes back from the browser's cache starts over,
  // unless its work was done.
  window.addEventListener("pagehide", stream.close);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && serverUrl) {
      showVisited();
    } else if (event.persisted && launch.phase !== "failed") {
      window.location.reload();
    }
  });
  render();
}

function showRetry() {
  const seconds = Math.ceil(
    (Number(byId("lost").dataset.retryAt) - Date.now()) / 1000,
  );
  byId("retry-in").textContent =
    seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again now.";
}

for (const link of document.querySelectorAll("[data-reload]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.location.reload();
  });
}

const visited = recall();
if (visited) {
  const launch = { ...newLaunch(), phase: "visited" };
  offerVisited(visited);
  showProgress(launch, Date.now());
  showInTab(launch, name);
} else {
  start();
}
