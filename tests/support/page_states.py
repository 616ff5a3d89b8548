"""Every page in every state that a person may meet, as `make dev` serves them.

The tests look at all of them, and `make screenshots` takes their pictures.
"""

import json
import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

Reach = Callable[[Page, str], Awaitable[None]]
"""Brings a page into a state; gets the origin, with no slash at its end."""

RECENT = json.dumps(
    [
        {"name": "binder-examples/requirements", "ref": "HEAD", "link": "/v2/gh/x/y/HEAD"},
        {"name": "https://git.example.org/maps", "ref": "2026", "link": "/v2/git/x/2026"},
    ]
)
LINK = "https://github.com/binder-examples/requirements/blob/master/index.ipynb"


def opened(path: str, headline: str) -> Reach:
    """A page that is there at once."""

    async def reach(page: Page, origin: str) -> None:
        await page.goto(origin + path)
        await expect(page.get_by_role("heading", level=1)).to_have_text(headline)

    return reach


def _launch(scenario: str, words: str | re.Pattern[str]) -> Reach:
    """The loading page, as soon as it says these words."""

    async def reach(page: Page, origin: str) -> None:
        await page.goto(f"{origin}/v2/fake/{scenario}")
        await expect(page.locator("#launch")).to_contain_text(words)

    return reach


def _failed(scenario: str, words: str) -> Reach:
    async def reach(page: Page, origin: str) -> None:
        await _launch(scenario, "This launch has failed")(page, origin)
        await expect(page.locator("#failure")).to_contain_text(words)

    return reach


async def _home_filled(page: Page, origin: str) -> None:
    await page.goto(origin)
    await page.evaluate("recent => localStorage.setItem('binderhub-lite.recent', recent)", RECENT)
    await page.goto(f"{origin}/")
    await page.locator("#repo").fill(LINK)
    await expect(page.locator("#recognised")).to_contain_text("opens index.ipynb")


async def _home_problem(page: Page, origin: str) -> None:
    await page.goto(origin)
    await page.locator("#repo").fill("nonsense")
    await page.get_by_role("button", name="Launch").click()
    await expect(page.get_by_role("alert")).to_contain_text("is no repository that is known")


async def _paused(page: Page, origin: str) -> None:
    await _launch("halfway", "Step 6 of 12")(page, origin)
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_label("Search the log").fill("libzmq5")
    await expect(page.locator("#log-matches")).to_have_text(re.compile(r"\d+ of 1\d"))


async def _lost(page: Page, origin: str) -> None:
    await _launch("halfway", "Step 6 of 12")(page, origin)
    await page.context.set_offline(True)
    await expect(page.locator("#phase")).to_have_text("The connection is lost")


async def _visited(page: Page, origin: str) -> None:
    await page.goto(f"{origin}/v2/fake/fast")
    await page.wait_for_url("**/fake-server/**")
    await page.go_back()
    await expect(page.locator("#phase")).to_have_text("Your server was started")


STATES: dict[str, Reach] = {
    "home": opened("/", "From a repository to a running Jupyter server"),
    "home-filled": _home_filled,
    "home-problem": _home_problem,
    "about": opened("/about", "About this BinderHub"),
    "queue": _launch("queue", re.compile(r"In the queue: [123] build")),
    "building": _launch("halfway", "Step 6 of 12"),
    "log-paused": _paused,
    "starting": _launch("starting", "Spawning server..."),
    "lost": _lost,
    "visited": _visited,
    "no-such-ref": _failed("no-such-ref", "Check the spelling"),
    "rate-limit": _failed("rate-limit", "from one address"),
    "quota": _failed("quota", "places become free"),
    "fail-fetching": _failed("fail-fetching", "could not reach the internet"),
    "fail-building": _failed("fail-building", "at step 5 of 8"),
    "missing-package": _failed("missing-package", "A package was not found"),
    "out-of-memory": _failed("out-of-memory", "more memory than there is"),
    "fail-launching": _failed("fail-launching", "its server did not start"),
    "error-403": opened("/dev/error/403", "This is not for you to see"),
    "error-404": opened("/no/such/page", "Nothing is here"),
    "error-429": opened("/dev/error/429", "Too many requests"),
    "error-500": opened("/dev/error/500", "Something broke"),
}
