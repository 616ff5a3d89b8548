"""Takes the pictures of docs/images, of the real pages in a real browser.

Run by `make screenshots`. For the README it builds a small course, whose requirements come
from the package index, and looks at the loading page while its tests run. All other states
are those of `make dev`. `python -m docs.screenshots states` takes these alone, `… real` the
others.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page, expect

from binderhub_lite.builds import fake
from tests.support.browser import PATIENCE_MS, chromium
from tests.support.dev import dev_pages
from tests.support.instance import BinderProcess
from tests.support.page_states import LINK, STATES

expect.set_options(timeout=PATIENCE_MS)
IMAGES = Path(__file__).parent / "images"
RESTYLED = Path(__file__).parents[1] / "examples/restyled/binderhub_config.py"
BUILD_MS = 5 * 60_000
SIZE = {"width": 1280, "height": 800}
SMALL = {"width": 960, "height": 700}
PHONE = {"width": 360, "height": 700}
ON_A_PHONE_IN_THE_DARK = ("home-filled", "building", "missing-package")

COURSE = {
    "Dockerfile": f"""\
FROM binderhub-lite/singleuser
ENV FORCE_COLOR=1 PYTHONUNBUFFERED=1 NEVER_BUILT_BEFORE={time.time()}
RUN pip install --no-cache-dir --disable-pip-version-check numpy pandas pytest
COPY --chown=jovyan . /home/jovyan/
RUN pytest -v --no-header
""",
    "test_lessons.py": """\
import time

import numpy
import pandas
import pytest

LESSONS = ["first_steps", "reading_tables", "counting", "telescope", "plotting", "all_stars"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson(lesson):
    if lesson == "telescope":
        pytest.skip("none here")
    table = pandas.DataFrame(numpy.random.default_rng(1).random((1_000, 4)))
    assert len(table.describe()) == 8
    if lesson == "all_stars":
        time.sleep(10)
""",
}


async def main() -> None:
    wanted = sys.argv[1:] or ["states", "real"]
    if "states" in wanted:
        await states()
    if "real" in wanted:
        await real_ones()


async def states() -> None:
    """Every state, and some of them on a phone in the dark."""
    fake.SECONDS_OF_OTHERS = 3600  # the queue is to stay
    (IMAGES / "states").mkdir(exist_ok=True)
    phones = [(f"{name}-phone", name, PHONE, "dark") for name in ON_A_PHONE_IN_THE_DARK]
    # Phones first: later ones know of earlier builds, and how long they took.
    pictures = [*phones, *((name, name, SMALL, "light") for name in STATES)]
    async with dev_pages(banner_message="") as origin, chromium() as browser:
        for picture, name, size, scheme in pictures:
            context = await browser.new_context(
                viewport=size, color_scheme=scheme, reduced_motion="reduce"
            )
            page = await context.new_page()
            await STATES[name](page, origin)
            # The terminal paints nothing while it is out of sight.
            await page.evaluate("scrollTo(0, document.body.scrollHeight)")
            await asyncio.sleep(0.3)
            await page.screenshot(path=IMAGES / f"states/{picture}.png", full_page=True)
            await context.close()


async def real_ones() -> None:
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "shared" / "stars-course"
        course.mkdir(parents=True)
        for name, content in COURSE.items():
            (course / name).write_text(content)
        binder = BinderProcess(
            Path(folder),
            port=8585,
            config=f"c.LocalRepoProvider.root = {str(course.parent)!r}\n",
        )
        try:
            binder.wait_until_ready()
            async with chromium() as browser:
                page = await browser.new_page(viewport=SIZE, color_scheme="light")
                await home(page, binder.url)
                await loading(page, f"{binder.url}v2/local/{course.name}")
                await restyled(page)
        finally:
            binder.stop()


async def home(page: Page, url: str) -> None:
    await page.goto(url)
    await page.locator("#repo").fill(LINK)
    await expect(page.locator("#recognised")).to_contain_text("opens index.ipynb")
    await page.locator("#repo").blur()
    await page.screenshot(path=IMAGES / "home.png", full_page=True)


async def loading(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("#log .xterm-rows")).to_contain_text("83%", timeout=BUILD_MS)
    await page.screenshot(path=IMAGES / "loading.png", full_page=True, animations="disabled")


async def restyled(page: Page) -> None:
    """The example that restyles everything, its launch stopped halfway."""
    async with dev_pages(config_file=str(RESTYLED)) as origin:
        await page.goto(origin)
        await page.screenshot(path=IMAGES / "restyled.png", full_page=True)
        await page.goto(f"{origin}/v2/fake/halfway")
        await expect(page.locator("#phase-detail")).to_contain_text("6 of 12")
        await page.screenshot(path=IMAGES / "restyled-loading.png", animations="disabled")


if __name__ == "__main__":
    asyncio.run(main())
