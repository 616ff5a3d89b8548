/** The main page's form: one box that is recognised, and details that can be set by hand. */
import { config } from "./config.js";
import { byId } from "./page.js";
import { NO_ANSWER, NOTHING, recognise } from "./recognise.js";
import { isValid, specOf } from "./spec.js";
import { KINDS, urlPathOf } from "./urlpath.js";

/**
 * @import { Provider } from "./config.js"
 * @import { Found } from "./recognise.js"
 */

const TYPING_MS = 150;
const DETAILS = ["provider", "ref", "kind", "path"];

export const form = byId("launch-form");
const fields = form.elements;

/** @type {Found} what was recognised in the text `seen` */
let found = NOTHING;
let seen = "";
/** @type {Set<string>} the details that the person has set */
const byHand = new Set();
let typing = 0;

/** @returns {Provider | undefined} */
const provider = () =>
  config.repoProviders.find(({ id }) => id === fields.provider.value);

const repo = () =>
  found.provider && found.provider === fields.provider.value
    ? found.repo
    : fields.repo.value.trim();

const spec = () =>
  provider() ? specOf(provider(), repo(), fields.ref.value) : "";

/** @returns {string} "provider/spec", ready to stand in a URL; empty while there is none */
export const providerSpec = () => (spec() ? `${provider().id}/${spec()}` : "");

export const urlPath = () => urlPathOf(fields.kind.value, fields.path.value);

/** @returns {string} why this cannot be launched; empty when it can */
export function problem() {
  if (!fields.repo.value.trim()) {
    return "Please name a repository.";
  }
  if (!provider()) {
    return found.problem || "Please choose below where the repository is.";
  }
  return isValid(provider(), spec())
    ? ""
    : "That is not complete, or not of the kind that is chosen below.";
}

/**
 * Calls `show` whenever the form stands for something else.
 *
 * @param {() => void} show
 */
export function watchForm(show) {
  const shown = () => {
    showDetails();
    show();
  };
  fields.repo.addEventListener("input", () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(() => settle().then(shown), TYPING_MS);
    shown();
  });
  for (const name of DETAILS) {
    fields[name].addEventListener("input", () => {
      byHand.add(name);
      if (!fields[name].value) {
        byHand.delete(name); // emptied: as recognised again
      }
      fillIn();
      shown();
    });
  }
  // Browsers give fields their old values back after this script has run.
  window.addEventListener("pageshow", () => takeOver().then(shown));
  takeOver().then(shown);
}

/** Waits until what stands in the box has been looked at. */
export async function settle() {
  window.clearTimeout(typing);
  const text = fields.repo.value.trim();
  if (text === seen) {
    return;
  }
  const result = text ? await recognise(text) : NOTHING;
  if (text === fields.repo.value.trim()) {
    found = result;
    seen = found === NO_ANSWER ? "" : text;
    fillIn();
  }
}

/** Takes what stands in the form already for the person's own, where it is not what the box says anyway. */
async function takeOver() {
  DETAILS.filter((name) => fields[name].value).forEach((name) =>
    byHand.add(name),
  );
  await settle();
  DETAILS.filter((name) => fields[name].value === found[name]).forEach((name) =>
    byHand.delete(name),
  );
}

/** Fills in what was recognised, where nobody has chosen something else. */
function fillIn() {
  for (const name of DETAILS) {
    if (!byHand.has(name)) {
      fields[name].value = found[name];
    }
  }
}

function showDetails() {
  const hasRefs = provider()?.ref.enabled ?? true;
  const kind = KINDS[fields.kind.value];
  byId("ref-group").hidden = !hasRefs;
  fields.ref.placeholder = provider()?.ref.default || "The newest";
  byId("path-group").hidden = !kind;
  byId("path-label").textContent = kind?.label ?? "";
  fields.path.placeholder = kind?.placeholder ?? "";
  byId("recognised").textContent = recognisedWords();
}

function recognisedWords() {
  if (!found.provider || found.provider !== fields.provider.value) {
    return "";
  }
  const parts = [`${provider().displayName}: ${found.repo}`];
  if (fields.ref.value) {
    parts.push(`at ${fields.ref.value}`);
  }
  if (fields.path.value) {
    parts.push(`opens ${fields.path.value}`);
  }
  return parts.join(", ");
}
