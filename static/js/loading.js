/** The loading page: follows a build and goes to the server once it is ready. */
import { BinderRepository } from "@jupyterhub/binderhub-client/client.js";
import { offerCancel } from "./lib/cancel.js";
import { baseUrl, config } from "./lib/config.js";
import { destination } from "./lib/destination.js";
import { linkKeptLog } from "./lib/kept-log.js";
import { openLog } from "./lib/log.js";
import { showPhase } from "./lib/progress.js";
import { buildEvents } from "./lib/stream.js";
import { showInTab } from "./lib/tab.js";
import { recall, remember } from "./lib/visited.js";

const name =
  document.querySelector("[data-repo]")?.dataset.repo ?? document.title;

/** "provider/spec" as it stands in this page's address, its percent-encoding untouched. */
const providerSpec = window.location.pathname
  .slice(baseUrl.pathname.length + "v2/".length)
  .replace(/\/+$/, "");

/** @param {string} id */
const show = (id) => (document.getElementById(id).hidden = false);

/** @param {string} message */
function showFailure(message) {
  showPhase("failed");
  showInTab("failed", name);
  document.getElementById("failure-message").textContent = message.trim();
  show("failure");
}

/** @param {string} serverUrl */
function showVisited(serverUrl) {
  showPhase("visited");
  showInTab("success", name);
  document.getElementById("visited-link").setAttribute("href", serverUrl);
  show("visited");
}

/** @param {string} serverUrl */
function goTo(serverUrl) {
  showPhase("ready");
  showInTab("success", name);
  remember(serverUrl);
  window.location.href = serverUrl;
}

async function launch() {
  const log = openLog(document.getElementById("log"));
  const repository = new BinderRepository(
    providerSpec,
    new URL("build/", baseUrl),
    { buildToken: config.buildToken },
  );
  // A page that is left must not hold a connection; one that comes back from the browser's cache starts over,
  // unless its work was done.
  let serverUrl = "";
  let done = false;
  window.addEventListener("pagehide", () => repository.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && serverUrl) {
      showVisited(serverUrl);
    } else if (event.persisted && !done) {
      window.location.reload();
    }
  });

  const updateCancel = offerCancel(
    new URL(`build/${providerSpec}`, baseUrl),
    config.buildToken,
  );
  showInTab("building", name);
  for await (const event of buildEvents(repository)) {
    log.write(event.message ?? "");
    updateCancel(event);
    linkKeptLog(event);
    if (event.phase === "ready") {
      done = true;
      serverUrl = destination(event.url, event.token, window.location.search);
      goTo(serverUrl);
    } else if (event.phase === "failed") {
      done = true;
      showFailure(event.message ?? "");
    } else {
      showPhase(event.phase, event.message);
    }
  }
}

for (const link of document.querySelectorAll("[data-reload]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    window.location.reload();
  });
}

const visited = recall();
if (visited) {
  document.getElementById("log-section").hidden = true;
  showVisited(visited);
} else {
  launch();
}
