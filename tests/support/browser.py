"""A real Chromium, and pages that take note of what a person would never see go wrong."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    async_playwright,
)

# For a browser that runs as root, has no screen and asks nobody else for anything.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
UNDISTURBED = Path(__file__).with_name("undisturbed_chromium.py")
PATIENCE_MS = 60_000
# The terminal's word on a machine that has much else to do.
BUSY = "task queue exceeded allotted deadline"
# Below it is users' servers' own affair what they write to the console.
SERVERS = "/jupyter/"


@asynccontextmanager
async def chromium(*, keeps_pages: bool = False) -> AsyncIterator[Browser]:
    """The machine's Chromium; `keeps_pages` leaves its back/forward cache on."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path is not None, "there is no Chromium: `make test` installs it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=UNDISTURBED,
            env={**os.environ, "CHROMIUM": path},
            args=ARGUMENTS,
            ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
        )
        yield browser
        await browser.close()


class Watched:
    """A page, and what it did on the way.

    `problems` are errors in the console, exceptions and answers that our own pages got with
    a status of 400 or more; `strays` requests for anything outside `origin`; `streams` the
    event streams that were asked for.
    """

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.problems: list[str] = []
        self.strays: list[str] = []
        self.streams: list[Request] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self._note(f"exception: {error}"))
        page.on("request", self._note_request)
        page.on("response", self._note_response)

    def _on_our_page(self) -> bool:
        return not urlsplit(self.page.url).path.startswith(SERVERS)

    def _note(self, problem: str) -> None:
        if self._on_our_page():
            self.problems.append(problem)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(BUSY):
            self._note(f"console {message.type}: {message.text}")

    def _note_request(self, request: Request) -> None:
        if request.url.startswith(f"{self.origin}/build/"):
            self.streams.append(request)
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.strays.append(request.url)

    def _note_response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"{response.status}: {response.url}")


@asynccontextmanager
async def watched_page(browser: Browser, origin: str) -> AsyncIterator[Watched]:
    """A page of a fresh profile."""
    context = await browser.new_context()
    yield Watched(await context.new_page(), origin)
    await context.close()
