/** The form of the main page: from a few fields to a link, a badge and a launch. */
import { baseUrl, config } from "./lib/config.js";
import { copies } from "./lib/copy.js";
import { launchLink, markdownBadge } from "./lib/links.js";
import { isValid, specOf } from "./lib/spec.js";
import { KINDS, urlPathOf } from "./lib/urlpath.js";

/** @type {(id: string) => any} */
const byId = (id) => document.getElementById(id);

const form = byId("launch-form");
const {
  provider: providerField,
  repo: repoField,
  ref: refField,
} = form.elements;
const { kind: kindField, path: pathField } = form.elements;
const shareLink = byId("share-link");
const shareBadge = byId("share-badge");

const provider = () => config.repoProviders[providerField.selectedIndex];
const spec = () => specOf(provider(), repoField.value, refField.value);
const providerSpec = () => `${provider().id}/${spec()}`;
const urlPath = () => urlPathOf(kindField.value, pathField.value);

function showProvider() {
  const { repo, ref } = provider();
  byId("repo-label").textContent = repo.label;
  repoField.placeholder = repo.placeholder;
  byId("ref-group").hidden = !ref.enabled;
  refField.placeholder = ref.default ?? "";
}

function showKind() {
  const kind = KINDS[kindField.value];
  byId("path-group").hidden = !kind;
  byId("path-label").textContent = kind?.label ?? "";
  pathField.placeholder = kind?.placeholder ?? "";
}

function showLinks() {
  const named = spec() !== "";
  const link = named
    ? launchLink(config.badgeBaseUrl, providerSpec(), urlPath())
    : "";
  shareLink.value = link;
  shareBadge.value = named ? markdownBadge(config.badgeBaseUrl, link) : "";
  byId("copy-link").disabled = byId("copy-badge").disabled = !named;
}

/** @param {string} problem empty when there is none */
function showProblem(problem) {
  const message = byId("repo-problem");
  message.textContent = problem;
  message.hidden = !problem;
  repoField.setAttribute("aria-invalid", String(Boolean(problem)));
  repoField.classList.toggle("is-invalid", Boolean(problem));
}

function problem() {
  if (!spec()) {
    return "Please name a repository.";
  }
  return isValid(provider(), spec())
    ? ""
    : "That is not complete, or of another kind than the one chosen.";
}

function showAll() {
  showProvider();
  showKind();
  showLinks();
}

providerField.append(
  ...config.repoProviders.map(
    ({ id, displayName }) => new Option(displayName, id),
  ),
);
form.addEventListener("input", () => {
  showProblem("");
  showAll();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  showProblem(problem());
  if (problem()) {
    repoField.focus();
  } else {
    window.location.href = launchLink(baseUrl, providerSpec(), urlPath());
  }
});
copies(byId("copy-link"), () => shareLink.value);
copies(byId("copy-badge"), () => shareBadge.value);
// Browsers give fields their old values back after this script has run.
window.addEventListener("pageshow", showAll);
showAll();
