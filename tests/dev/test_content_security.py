"""The Content-Security-Policy in a real Chromium: what it stops, and what goes on working."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from ..support.browser import chromium, watched_page
from ..support.dev import dev_pages


@asynccontextmanager
async def statistics() -> AsyncIterator[tuple[str, list[str]]]:
    """Another site's server, as those of web analytics; gives its origin, and what it was asked."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        text = "fetch(new URL('/seen', document.getElementById('stats').src), {mode: 'no-cors'})"
        return web.Response(text=text, content_type="text/javascript")

    app = web.Application()
    app.router.add_get("/{any:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("")).rstrip("/"), asked


async def ran(page: Page, name: str) -> bool:
    return bool(await page.evaluate(f"window.{name} === true"))


async def test_nothing_foreign_runs_on_a_page_by_itself() -> None:
    async with (
        dev_pages(banner_message="") as origin,
        statistics() as (elsewhere, asked),
        chromium() as browser,
        watched_page(browser, origin) as watched,
    ):
        page = watched.page
        for path in ("/", "/about", "/nowhere", "/v2/fake/colours"):
            await page.goto(origin + path)
            if path == "/v2/fake/colours":
                await expect(page.locator("#log .xterm-rows")).to_contain_text("test_orbits")
                widths = "getComputedStyle(document.querySelector('.xterm-rows')).height"
                assert await page.evaluate(widths) != "0px", "the terminal's own styles are off"
            problems = [one for one in watched.problems if "404" not in one]
            assert (problems, watched.strays) == ([], [])
            await page.evaluate(
                """(elsewhere) => {
                    const html = `<img src=x onerror="window.bad = true">
                        <img src="${elsewhere}/picture">`;
                    document.body.insertAdjacentHTML("beforeend", html);
                    const inline = document.createElement("script");
                    inline.text = "window.bad = true";
                    const foreign = document.createElement("script");
                    foreign.src = `${elsewhere}/script`;
                    document.body.append(inline, foreign);
                    return fetch(elsewhere + "/fetched", { mode: "no-cors" }).catch(() => {});
                }""",
                elsewhere,
            )
            assert not await ran(page, "bad")
            assert any("Content Security Policy" in one for one in watched.problems)
            watched.problems.clear()
            watched.strays.clear()
        assert asked == []


async def test_what_is_configured_goes_on_working(tmp_path: Path) -> None:
    (tmp_path / "about.html").write_text(
        '{% extends "templates/about.html" %}{% block extra_header %}'
        "<script>window.template = true</script><style>h1 { color: rgb(1, 2, 3) }</style>"
        "{% endblock %}"
    )
    async with statistics() as (elsewhere, asked), chromium() as browser:
        loader = (
            "<script>const s = document.createElement('script'); s.id = 'stats';"
            f"s.src = '{elsewhere}/stats.js'; document.head.append(s)</script>"
        )
        options = {
            "banner_message": '<b style="color: rgb(4, 5, 6)">closed</b>',
            "extra_header_html": {"1": loader, "2": "<script>window.header = true</script>"},
            "extra_footer_scripts": {"1": "window.footer = true"},
            "template_path": str(tmp_path),
        }
        async with dev_pages(**options) as origin, watched_page(browser, origin) as watched:
            page = watched.page
            async with page.expect_response(f"{elsewhere}/seen"):
                await page.goto(f"{origin}/about")
            for script in ("template", "header", "footer"):
                assert await ran(page, script), script
            for element, colour in (("h1", "rgb(1, 2, 3)"), (".banner b", "rgb(4, 5, 6)")):
                await expect(page.locator(element)).to_have_css("color", colour)
            assert asked == ["/stats.js", "/seen"]
            assert watched.problems == []


@pytest.mark.parametrize("extension", [{}, {"connect-src": "http://127.0.0.1:*"}])
async def test_a_source_that_is_added_is_allowed(extension: dict[str, str]) -> None:
    async with (
        statistics() as (elsewhere, asked),
        chromium() as browser,
        dev_pages(content_security_policy=extension) as origin,
        watched_page(browser, origin) as watched,
    ):
        await watched.page.goto(origin)
        await watched.page.evaluate(
            "(url) => fetch(url, { mode: 'no-cors' }).catch(() => {})", f"{elsewhere}/asked"
        )
        assert asked == (["/asked"] if extension else [])
