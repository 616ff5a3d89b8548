/** The main page: from what a person pastes to a launch, a link and a badge. */
import { baseUrl, config } from "./lib/config.js";
import { copies } from "./lib/copy.js";
import {
  form,
  problem,
  providerSpec,
  settle,
  urlPath,
  watchForm,
} from "./lib/form.js";
import { badges, launchLink } from "./lib/links.js";
import { byId, write } from "./lib/page.js";
import { forgetLaunches, recentLaunches } from "./lib/recent.js";

const repoField = form.elements.repo;

function showShare() {
  const named = providerSpec() !== "";
  byId("share-nothing").hidden = named;
  byId("share-fields").hidden = !named;
  if (!named) {
    return;
  }
  const link = launchLink(config.badgeBaseUrl, providerSpec(), urlPath());
  for (const [id, text] of Object.entries({
    link,
    ...badges(config.badgeBaseUrl, link),
  })) {
    byId(`share-${id}`).value = text;
  }
}

/** @param {string} text empty when there is none */
function showProblem(text) {
  write(byId("repo-problem"), text);
  byId("repo-problem").hidden = !text;
  repoField.setAttribute("aria-invalid", String(Boolean(text)));
  repoField.classList.toggle("is-invalid", Boolean(text));
}

function showRecent() {
  const launches = recentLaunches();
  byId("recent").hidden = launches.length === 0;
  byId("recent-list").replaceChildren(...launches.map(asItem));
}

/** @param {import("./lib/recent.js").Recent} launch */
function asItem({ name, ref, link }) {
  const item = document.createElement("li");
  const anchor = document.createElement("a");
  const address = new URL(link, baseUrl);
  anchor.className = "chip";
  // What is kept in a browser may be anything: only our own loading pages are linked.
  anchor.href = address.origin === baseUrl.origin ? address.href : baseUrl.href;
  anchor.textContent = ref && ref !== "HEAD" ? `${name} at ${ref}` : name;
  item.append(anchor);
  return item;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await settle();
  showProblem(problem());
  if (problem()) {
    repoField.focus();
  } else {
    window.location.href = launchLink(baseUrl, providerSpec(), urlPath());
  }
});
for (const button of document.querySelectorAll("[data-copies]")) {
  copies(button, () => byId(button.dataset.copies).value);
}
byId("forget").addEventListener("click", () => {
  forgetLaunches();
  showRecent();
  repoField.focus();
});
byId("share").hidden = false;
watchForm(showShare);
form.addEventListener("input", () => showProblem(""));
window.addEventListener("pageshow", showRecent);
