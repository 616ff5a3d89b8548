"""People with accounts at a hub: in a browser, and as programs."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page

from .browser import PATIENCE_MS

LOGIN = re.compile(r"/hub/login")


@asynccontextmanager
async def person(browser: Browser) -> AsyncIterator[Page]:
    """A page of somebody's own browser, who is not logged in yet."""
    context = await browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    await context.close()


async def log_in(page: Page, name: str) -> None:
    """Fill in the hub's form, which the page must be at, or on the way to."""
    await page.wait_for_url(LOGIN)
    await page.fill("input[name=username]", name)
    await page.fill("input[name=password]", "any")
    await page.click("#login_submit")
