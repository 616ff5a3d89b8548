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
  #resizes = 0;
  #terminal;

  /** Whether the end of the log is in view, and stays so. A "change" event tells when that, or `behind`, changes. */
  following = true;

  /** @param {HTMLElement} element */
  constructor(element) {
    super();
    this.#terminal = openTerminal(element);
    this.search = new SearchAddon();
    this.#terminal.loadAddon(this.search);
    this.#fillWidth(element);
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

  /** @param {HTMLElement} element */
  #fillWidth(element) {
    const fit = new FitAddon();
    this.#terminal.loadAddon(fit);
    new ResizeObserver(async () => {
      // Lines that are broken anew scroll by themselves, a frame later: who turns a phone has not paused the log.
      this.#resizes++;
      fit.fit();
      await twoFrames();
      this.#resizes--;
      if (this.following) {
        this.#terminal.scrollToBottom();
      }
    }).observe(element);
  }

  #noticeScrolling() {
    if (this.#resizes) {
      return;
    }
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

const twoFrames = () =>
  new Promise((resolve) => {
    window.requestAnimationFrame(() => window.requestAnimationFrame(resolve));
  });

/** @param {HTMLElement} element */
function openTerminal(element) {
  const { fontSize, fontFamily } = getComputedStyle(element);
  const terminal = new Terminal({
    allowProposedApi: true, // the search marks what it found with it
    convertEol: true,
    disableStdin: true,
    cursorInactiveStyle: "none",
    scrollback: SCROLLBACK_LINES,
    minimumContrastRatio: 4.5,
    fontSize: parseFloat(fontSize),
    fontFamily,
    theme: themeOf(element),
  });
  terminal.attachCustomKeyEventHandler((event) => takesKey(terminal, event));
  terminal.open(element);
  terminal.textarea?.setAttribute("aria-label", "Build log");
  // A system may turn dark in the evening, while a build runs.
  window
    .matchMedia("(prefers-color-scheme: dark)")
    .addEventListener("change", () => {
      terminal.options.theme = themeOf(element);
    });
  return terminal;
}

/** @param {HTMLElement} element whose style has the terminal's colours */
function themeOf(element) {
  const style = getComputedStyle(element);
  return {
    background: style.backgroundColor,
    foreground: style.color,
    cursor: style.backgroundColor,
    selectionBackground: style.getPropertyValue("--log-selection"),
  };
}

/** @type {Record<string, (terminal: Terminal) => void>} what keys do in a text that is only read */
const SCROLLING = {
  PageUp: (terminal) => terminal.scrollPages(-1),
  PageDown: (terminal) => terminal.scrollPages(1),
  ArrowUp: (terminal) => terminal.scrollLines(-1),
  ArrowDown: (terminal) => terminal.scrollLines(1),
  Home: (terminal) => terminal.scrollToTop(),
  End: (terminal) => terminal.scrollToBottom(),
};

/**
 * A terminal keeps all keys for the program that runs in it. Here there is none: some scroll, and those that leave it
 * or copy from it are the browser's.
 *
 * @param {Terminal} terminal
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the terminal is to handle it
 */
function takesKey(terminal, event) {
  if (event.key === "Tab" || event.ctrlKey || event.metaKey) {
    return false;
  }
  const scroll = SCROLLING[event.key];
  if (scroll && event.type === "keydown") {
    event.preventDefault();
    scroll(terminal);
  }
  return !scroll;
}
