"""Takes the pictures of docs/images: the real pages of a real instance, in a real browser.

Run by `make screenshots`. Builds a small course, whose notebooks' requirements come from
the package index, and looks at the loading page while its tests run.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.browser import PATIENCE_MS, chromium
from tests.support.dev import dev_pages
from tests.support.instance import BinderProcess

IMAGES = Path(__file__).parent / "images"
RESTYLED = Path(__file__).parents[1] / "examples/restyled/binderhub_config.py"
SIZE = {"width": 1280, "height": 800}

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
    await page.locator("#repo").fill("https://github.com/binder-examples/requirements")
    await page.locator("#kind").select_option("file")
    await page.locator("#path").fill("index.ipynb")
    await page.locator("#path").blur()
    await page.screenshot(path=IMAGES / "home.png", full_page=True)


async def loading(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("#log .xterm-rows")).to_contain_text("83%", timeout=PATIENCE_MS)
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
