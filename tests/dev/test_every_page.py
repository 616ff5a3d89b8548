"""Every page in every state, in a real Chromium: for everyone, everywhere, from nowhere else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from binderhub_lite.builds import fake

from ..support.browser import PATIENCE_MS, chromium, watched_page
from ..support.dev import dev_pages
from ..support.page_states import STATES, Reach, opened

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WIDTHS = (320, 768, 1440)
SCHEMES = ("light", "dark")
AT_ONCE = 4

VIOLATIONS = """
async () => (await axe.run({ resultTypes: ["violations"] })).violations.flatMap(
  ({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary])
)
"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What a page's own address may answer: Chromium writes it to the console by itself.
OWN_STATUS = ("404: ", "403: ", "429: ", "500: ", "the server responded with a status of")
OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
expect.set_options(timeout=PATIENCE_MS)


async def flaws(page: Page) -> list[Any]:
    """What is wrong with a page, at every width and in every scheme."""
    found: list[Any] = []
    await page.evaluate(AXE.read_text())
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 800})
            wider = await page.evaluate(OVERFLOW)
            violations = await page.evaluate(VIOLATIONS)
            found += [(width, scheme, "wider by", wider)] if wider else []
            found += [(width, scheme, *violation) for violation in violations]
    return found


async def look_at(browser: Browser, origin: str, name: str, reach: Reach) -> list[Any]:
    async with watched_page(browser, origin) as watched:
        await reach(watched.page, origin)
        found = await flaws(watched.page)
        problems = [
            problem
            for problem in watched.problems
            if not any(status in problem for status in OWN_STATUS) and OFFLINE not in problem
        ]
    return [(name, flaw) for flaw in (*found, *problems, *watched.strays)]


async def look_at_all(browser: Browser, origin: str, states: dict[str, Reach]) -> list[Any]:
    tabs = asyncio.Semaphore(AT_ONCE)

    async def look(name: str, reach: Reach) -> list[Any]:
        async with tabs:
            return await look_at(browser, origin, name, reach)

    looks = (look(name, reach) for name, reach in states.items())
    return [flaw for flaws in await asyncio.gather(*looks) for flaw in flaws]


async def test_every_state_is_for_everyone_and_keeps_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fake, "SECONDS_OF_OTHERS", 3600)  # the queue is to stay
    async with dev_pages(banner_message="") as origin, chromium() as browser:
        assert await look_at_all(browser, origin, STATES) == []


async def test_so_are_announcements_and_long_names() -> None:
    banner = '<b>Closed</b> on <a href="/about">Friday</a>'
    somebody = {"user": "anna-magdalena.wilcken@school.example.org"}
    states = {"announced": opened("/about", "About this BinderHub")}
    async with (
        dev_pages(banner_message=banner, template_variables=somebody) as origin,
        chromium() as browser,
    ):
        assert await look_at_all(browser, origin, states) == []
