"""`make dev` as a designer knows it: a command, a browser, and a file that is saved."""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Page, expect

from binderhub_lite.launch.ports import free_port

from ..support.browser import chromium, watched_page
from ..support.instance import Running

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout to save files in: this one's sources, and links to what is installed in it."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("binderhub_lite", "templates", "static", "examples"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("build.mjs", "package.json"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "node_modules").symlink_to(ROOT / "node_modules")
    (copy / "own").mkdir()
    (copy / "own" / "own.css").write_text("h1 { letter-spacing: 1px }")
    (copy / "own" / "about.html").write_text(
        '{% extends "templates/about.html" %}{% block extra_header %}'
        '<link rel="stylesheet" href="{{ extra_static_url("own.css") }}">{% endblock %}'
    )
    (copy / "binderhub_config.py").write_text(
        f"c.BinderHub.template_path = c.BinderHub.extra_static_path = {str(copy / 'own')!r}\n"
    )
    return copy


class Dev(Running):
    """A running `make dev`, on a machine that has no Docker."""

    def __init__(self, checkout: Path) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.began = time.monotonic()
        super().__init__(
            [sys.executable, "-m", "binderhub_lite.dev", f"--port={self.port}"],
            {"PYTHONPATH": str(checkout), "DOCKER_HOST": "/nowhere/docker.sock"},
            cwd=checkout,
        )
        self.wait_for_line("BinderHub is ready at")
        self.seconds_to_start = time.monotonic() - self.began


@pytest.fixture(scope="module")
def dev(checkout: Path) -> Iterator[Dev]:
    dev = Dev(checkout)
    yield dev
    dev.stop()


def save(file: Path, change: Callable[[str], str]) -> None:
    """As editors do it: a new file takes the old one's place."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(change(file.read_text()))
    new.replace(file)


async def was_loaded_anew(page: Page) -> bool:
    return await page.evaluate("window.before") is None


async def test_what_is_saved_is_shown(dev: Dev, checkout: Path) -> None:
    async with chromium() as browser, watched_page(browser, dev.origin) as watched:
        page = watched.page

        async def open_page(path: str) -> None:
            async with page.expect_response("**/dev/changes"):
                await page.goto(dev.origin + path)
            await page.evaluate("window.before = true")

        await open_page("/")
        save(checkout / "static/css/lib/tokens.css", lambda css: css + ":root{--paper:#010203}")
        await expect(page.locator("body")).to_have_css("background-color", "rgb(1, 2, 3)")
        assert not await was_loaded_anew(page)

        save(checkout / "static/js/home.js", lambda js: js + "\ndocument.title = 'saved';")
        await expect(page).to_have_title("saved")

        save(checkout / "static/js/home.js", lambda js: js + "\nthis is not JavaScript")
        dev.wait_for_line("ERROR")
        save(checkout / "static/js/home.js", lambda js: js.partition("\nthis is not")[0])
        save(checkout / "templates/index.html", lambda html: html.replace("<h1>", "<h1>Saved: "))
        await expect(page.locator("h1")).to_contain_text("Saved: ")

        await open_page("/about")
        (checkout / "own/own.css").write_text("h1 { letter-spacing: 3px }")
        await expect(page.locator("h1")).to_have_css("letter-spacing", "3px")
        assert not await was_loaded_anew(page)
        save(checkout / "own/about.html", lambda html: html + "{% block title %}mine{% endblock %}")
        await expect(page).to_have_title("mine")
        assert (watched.problems, watched.strays) == ([], [])


async def test_a_launch_ends_on_a_page_that_says_so(dev: Dev) -> None:
    async with chromium() as browser, watched_page(browser, dev.origin) as watched:
        await watched.page.goto(f"{dev.origin}/v2/gh/user/fast/HEAD?labpath=a.ipynb")
        await expect(watched.page.locator("h1")).to_have_text("Here your server would be")
        await expect(watched.page.locator("main code")).to_have_text("doc/tree/a.ipynb")
        assert (watched.problems, watched.strays) == ([], [])


def test_ctrl_c_ends_it_and_leaves_nothing(dev: Dev) -> None:
    children = dev.children()
    assert any("build.mjs" in child.cmdline() for child in children)

    assert dev.stop(signal.SIGINT) == 0

    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    assert "Traceback" not in dev.output
