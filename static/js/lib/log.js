import "./nonce.js";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Terminal } from "@xterm/xterm";
import { plain } from "./text.js";

const SCROLLBACK_LINES = 100_000;
/** Lines are shown in bundles: one piece for each would cost more than the lines themselves. */
const BUNDLE_MS = 40;
/** The terminal works off one piece without a pause, so a piece must not be long. */
const PIECE_CHARACTERS = 32_768;

/**
 * A build's log in a read-only terminal, as wide as the page lets it be.
 *
 * It follows what comes until it is paused, by its button or because the reader scrolls up. Then it holds still, and
 * keeps what comes for later.
 */
export class Log extends EventTarget {
  /** @type {string[]} */
  #messages = [];
  #shown = 0;
  #timer = 0;
  #scrolledUp = false;
  #terminal;

  /** Whether the end of the log is in view, and stays so. A "change" event tells when that, or `behind`, changes. */
  following = true;

  /** @param {HTMLElement} element */
  constructor(element) {
    super();
    this.#terminal = openTerminal(element);
    this.search = new SearchAddon();
    this.#terminal.loadAddon(this.search);
    this.#terminal.onScroll(() => this.#noticeScrolling());
    // A drag of the scroll bar or a swipe tells nothing by itself.
    for (const kind of ["wheel", "pointerup", "touchend", "keyup"]) {
      element.addEventListener(kind, () =>
        window.requestAnimationFrame(() => this.#noticeScrolling()),
      );
    }
  }

  /** @param {string} message */
  write(message) {
    this.#messages.push(message);
    if (!this.following) {
      this.#changed();
    } else if (!this.#timer) {
      this.#timer = window.setTimeout(() => this.#show(), BUNDLE_MS);
    }
  }

  /** How many messages came since the log was paused. */
  get behind() {
    return this.following ? 0 : this.#messages.length - this.#shown;
  }

  /** The whole log without its colours. */
  get text() {
    return plain(this.#messages.join(""));
  }

  /** @param {number} count of lines at most, empty ones left out */
  lastLines(count) {
    const messages = this.#messages.slice(-count * 2);
    const lines = plain(messages.join("")).split("\n");
    return lines.filter((line) => line.trim()).slice(-count);
  }

  pause() {
    this.following = false;
    this.#changed();
  }

  follow() {
    this.following = true;
    this.#scrolledUp = false;
    this.#show();
    this.#terminal.scrollToBottom();
    this.#changed();
  }

  #show() {
    this.#timer = 0;
    if (!this.following) {
      return;
    }
    let piece = "";
    for (const message of this.#messages.slice(this.#shown)) {
      piece += message;
      if (piece.length > PIECE_CHARACTERS) {
        this.#terminal.write(piece);
        piece = "";
      }
    }
    this.#terminal.write(piece);
    this.#shown = this.#messages.length;
  }

  #noticeScrolling() {
    const { viewportY, baseY } = this.#terminal.buffer.active;
    const atEnd = viewportY >= baseY;
    if (this.following && !atEnd) {
      this.#scrolledUp = true;
      this.pause();
    } else if (this.#scrolledUp && atEnd) {
      this.follow();
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {HTMLElement} element */
function openTerminal(element) {
  const style = getComputedStyle(element);
  const terminal = new Terminal({
    allowProposedApi: true, // the search marks what it found with it
    convertEol: true,
    disableStdin: true,
    cursorInactiveStyle: "none",
    scrollback: SCROLLBACK_LINES,
    minimumContrastRatio: 4.5,
    fontSize: parseFloat(style.fontSize),
    fontFamily: style.fontFamily,
    theme: {
      background: style.backgroundColor,
      foreground: style.color,
      cursor: style.backgroundColor,
      selectionBackground: style.getPropertyValue("--log-selection"),
    },
  });
  // Keys that a terminal keeps for itself: without them nobody leaves it by keyboard or copies from it.
  terminal.attachCustomKeyEventHandler(
    (event) => event.key !== "Tab" && !event.ctrlKey && !event.metaKey,
  );

  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(element);
  terminal.textarea?.setAttribute("aria-label", "Build log");
  new ResizeObserver(() => fit.fit()).observe(element);
  return terminal;
}
