"""The pages: how often a second the main page can be had, and what a browser does with each."""

import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, expect

from binderhub_lite.launch.ports import free_port
from tests.support.browser import chromium
from tests.support.instance import Running

from .own_process import ask
from .place import Place
from .processes import processes_of
from .results import Group, Row

CONNECTIONS = 16
SECONDS = 3
LOADS = 5
LINES = 100_000
PATIENCE_MS = 120_000

# Before anything else runs in the page.
WATCH_TASKS = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
}).observe({ type: "longtask", buffered: true });
"""
FIRST_PAINT = """
() => new Promise((told) => {
  new PerformanceObserver((list) => told(list.getEntries()[0].startTime))
    .observe({ type: "paint", buffered: true });
})
"""


async def measure(place: Place) -> Group:
    with place.instance() as binder:
        processes = processes_of(binder)
        pids = {name: processes[name].pid for name in ("server", "proxy")}
        facts = {"origin": binder.origin, "connections": CONNECTIONS, **pids}
        await ask("browse", **facts, seconds=0.5)  # templates are read, code is warm
        figures = await ask("browse", **facts, seconds=SECONDS)
    return Group(
        "pages",
        f"The main page, {CONNECTIONS} connections, {SECONDS} s",
        "Through the public port, as everybody comes: the proxy's work is part of it.",
        {
            "requests_per_second": ("requests/s", "{:,.0f}"),
            "server_cpu_seconds": ("server CPU", "{:.2f} s"),
            "proxy_cpu_seconds": ("proxy CPU", "{:.2f} s"),
            "clients_cpu_seconds": ("clients CPU", "{:.2f} s"),
        },
        [figures],
    )


async def measure_browser(place: Place) -> Group:
    """What a browser sees of the pages that `make dev` serves."""
    async with _dev_pages() as origin, chromium() as browser:
        rows: list[Row] = [
            await _median(lambda: _load(browser, f"{origin}/", "main page")),
            await _median(lambda: _load(browser, f"{origin}/v2/fake/halfway", "loading page")),
            await _long_log(browser, origin),
        ]
    return Group(
        "browser",
        "Pages in Chromium, with nothing kept from before",
        f"Medians of {LOADS} loads. `painted` is the first paint. "
        f"The {LINES:,} lines of a log are sent in no less than four seconds.",
        {
            "page": ("page", ""),
            "requests": ("requests", "{:.0f}"),
            "kilobytes": ("transferred", "{:,.1f} kB"),
            "first_paint_ms": ("painted", "{:.0f} ms"),
            "last_line_seconds": ("last line", "{:.1f} s"),
            "longest_task_ms": ("longest task", "{:.0f} ms"),
        },
        rows,
    )


@asynccontextmanager
async def _dev_pages() -> AsyncIterator[str]:
    port = free_port()
    process = Running(
        [sys.executable, "-m", "binderhub_lite.dev", f"--port={port}", "--ip=127.0.0.1"]
    )
    try:
        process.wait_for_line("BinderHub is ready at")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop()


@asynccontextmanager
async def _new_page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.add_init_script(WATCH_TASKS)
    yield page
    await context.close()


async def _median(measure: Callable[[], Coroutine[Any, Any, Row]]) -> Row:
    """The row whose first paint is the median."""
    rows = [await measure() for _ in range(LOADS)]
    return sorted(rows, key=lambda row: row["first_paint_ms"])[LOADS // 2]


async def _load(browser: Browser, url: str, name: str) -> Row:
    async with _new_page(browser) as page:
        sizes: list[float] = []
        network = await page.context.new_cdp_session(page)
        network.on("Network.loadingFinished", lambda it: sizes.append(it["encodedDataLength"]))
        await network.send("Network.enable")
        await page.goto(url, wait_until="load")
        paint = await page.evaluate(FIRST_PAINT)
        return {
            "page": name,
            "requests": len(sizes),
            "kilobytes": sum(sizes) / 1000,
            "first_paint_ms": paint,
            "longest_task_ms": await page.evaluate("window.longest"),
        }


async def _long_log(browser: Browser, origin: str) -> Row:
    """A hundred thousand lines in the terminal, every one of them."""
    async with _new_page(browser) as page:
        await page.goto(f"{origin}/v2/fake/lines-{LINES}", wait_until="commit")
        began = await page.evaluate("performance.now()")
        rows = page.locator("#log .xterm-rows")
        await expect(rows).to_contain_text(f"{LINES}: compiling", timeout=PATIENCE_MS)
        seconds = (await page.evaluate("performance.now()") - began) / 1000
        longest = await page.evaluate("window.longest")
    return {
        "page": f"{LINES:,} lines",
        "last_line_seconds": seconds,
        "longest_task_ms": longest,
    }
