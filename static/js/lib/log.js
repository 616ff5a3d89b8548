import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";

const SCROLLBACK_LINES = 100_000;

/**
 * A read-only terminal for the build's log, as wide as the page lets it be.
 *
 * @param {HTMLElement} element
 * @returns {{write: (text: string) => void}}
 */
export function openLog(element) {
  const style = getComputedStyle(element);
  const terminal = new Terminal({
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
  return { write: (text) => terminal.write(text) };
}
