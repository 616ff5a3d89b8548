"""examples/restyled: all that its configuration changes is changed, and nothing is broken."""

from pathlib import Path

from playwright.async_api import Page, expect

from ..support.browser import chromium
from ..support.dev import dev_pages
from ..support.page_states import STATES, opened
from .test_every_page import look_at_all

CONFIG = Path(__file__).parents[2] / "examples/restyled/binderhub_config.py"
WAS_LOADED = "n => performance.getEntriesByType('resource').some(it => it.name.includes(n))"
NIGHT = "rgb(12, 18, 48)"


async def home(page: Page, origin: str) -> None:
    await opened("/", "Notebooks for tonight")(page, origin)
    await expect(page).to_have_title("Northfield Summer School")
    await expect(page.locator("body")).to_have_css("background-color", NIGHT)
    await expect(page.locator(".banner")).to_contain_text("The dome is open tonight")
    await expect(page.locator(".wordmark")).to_have_text("Northfield Summer School")
    await expect(page.locator("#greeting")).not_to_be_empty()
    await expect(page.locator(".evening li")).to_have_count(3)
    await expect(page.locator("footer")).to_contain_text("office@northfield.example")
    await expect(page.locator("meta[name=theme-color]")).to_have_attribute("content", "#0c1230")
    preview = page.locator("meta[property='og:title']")
    await expect(preview).to_have_attribute("content", "Northfield Summer School")
    for picture in ("logo.svg", "stars.svg", "chevron.svg"):
        assert await page.evaluate(WAS_LOADED, f"/extra_static/{picture}"), picture


async def about(page: Page, origin: str) -> None:
    await opened("/about", "About this BinderHub")(page, origin)
    await expect(page.locator("main")).to_contain_text("in the cellar below the telescope")


async def loading(page: Page, origin: str) -> None:
    await STATES["building"](page, origin)
    await expect(page.locator("body")).to_have_css("background-color", NIGHT)


async def test_the_example_restyles_every_page_and_breaks_none() -> None:
    states = {"home": home, "about": about, "loading": loading}
    async with dev_pages(config_file=str(CONFIG)) as origin, chromium() as browser:
        assert await look_at_all(browser, origin, states) == []
