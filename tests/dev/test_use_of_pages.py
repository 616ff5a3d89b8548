"""What people do with the pages, in a real Chromium with made-up launches."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from ..support.browser import PATIENCE_MS, chromium
from ..support.dev import dev_pages

pytestmark = pytest.mark.asyncio(loop_scope="module")
expect.set_options(timeout=PATIENCE_MS)
IN_A_SERVER = re.compile(r"/fake-server/")
TAIL = 5
FOUR_FRAMES = """
async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame) }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def origin() -> AsyncIterator[str]:
    async with dev_pages(banner_message="", log_tail_lines=TAIL) as origin:
        yield origin


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    await context.close()


def log_of(page: Page) -> Locator:
    return page.locator("#log .xterm-rows")


async def copied(page: Page) -> str:
    return str(await page.evaluate("navigator.clipboard.readText()"))


async def test_a_link_is_recognised_and_launched_by_keyboard_alone(page: Page, origin: str) -> None:
    await page.goto(f"{origin}/")
    await page.keyboard.type("https://github.com/user/fast/blob/v1.0/notes/a b.ipynb")

    await expect(page.locator("#recognised")).to_have_text(
        "GitHub: user/fast, at v1.0, opens notes/a b.ipynb"
    )
    await expect(page.get_by_label("Where it is")).to_have_value("gh")
    await expect(page.get_by_label("Branch, tag or commit")).to_have_value("v1.0")
    await expect(page.get_by_label("What to open")).to_have_value("file")
    await expect(page.get_by_label("Path of the file")).to_have_value("notes/a b.ipynb")
    link = f"{origin}/v2/gh/user/fast/v1.0?urlpath=doc%2Ftree%2Fnotes%2Fa%2520b.ipynb"
    await expect(page.get_by_label("Link", exact=True)).to_have_value(link)
    for name, text in (
        ("Markdown", f"[![Binder]({origin}/badge_logo.svg)]({link})"),
        ("HTML", f'<a href="{link}"><img src="{origin}/badge_logo.svg" alt="Binder"></a>'),
        (
            "reStructuredText",
            f".. image:: {origin}/badge_logo.svg\n   :target: {link}\n   :alt: Binder",
        ),
    ):
        await expect(page.get_by_label(f"Badge in {name}")).to_have_value(text)
        button = page.locator(f"#share-fields [aria-describedby=share-{SHORT[name]}]")
        await button.click()
        await expect(button).to_have_text("Copied")
        assert await copied(page) == text

    await page.locator("#repo").press("Enter")
    await page.wait_for_url(f"{origin}/fake-server/*/doc/tree/notes/a%20b.ipynb?token=*")

    # And from now on it is one click away.
    await page.goto(f"{origin}/")
    await page.get_by_role("link", name="user/fast at v1.0").click()
    await page.wait_for_url(f"{origin}/fake-server/*/doc/tree/notes/a%20b.ipynb?token=*")
    await page.goto(f"{origin}/")
    await page.get_by_role("button", name="Forget these").click()
    await page.reload()
    await expect(page.get_by_role("link", name="user/fast at v1.0")).to_have_count(0)


SHORT = {"Markdown": "markdown", "HTML": "html", "reStructuredText": "rst"}


async def test_what_is_set_by_hand_stays(page: Page, origin: str) -> None:
    await page.goto(f"{origin}/")
    repo, ref = page.get_by_label("Repository", exact=True), page.get_by_label("Branch, tag or")
    link = page.get_by_label("Link", exact=True)
    await ref.fill("my-branch")
    await repo.fill("https://github.com/user/one/tree/main")
    await expect(link).to_have_value(f"{origin}/v2/gh/user/one/my-branch")
    await ref.fill("")
    await expect(ref).to_have_value("main")

    await page.get_by_label("Where it is").select_option("Git repository")
    await expect(link).to_have_value(re.compile("/v2/git/https%3A%2F%2Fgithub.com%2Fuser%2Fone"))
    await page.get_by_label("Where it is").select_option("As recognised")
    await expect(link).to_have_value(f"{origin}/v2/gh/user/one/main")
    await page.get_by_label("What to open").select_option("JupyterLab")
    await expect(link).to_have_value(f"{origin}/v2/gh/user/one/main?urlpath=lab")

    await repo.fill("hello")
    await page.get_by_label("Where it is").select_option("Directory on this machine")
    await expect(ref).to_be_hidden()
    await expect(link).to_have_value(f"{origin}/v2/local/hello?urlpath=lab")


async def test_a_browser_without_javascript_gets_to_the_loading_page(
    browser: Browser, origin: str
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{origin}/")
    await page.get_by_label("Repository", exact=True).fill("nonsense")
    await page.get_by_label("Branch, tag or commit").fill("main")
    await page.get_by_role("button", name="Launch").click()
    await expect(page.get_by_role("alert")).to_contain_text("is no repository that is known here")
    await page.get_by_label("Repository", exact=True).fill("user/fast")
    await page.get_by_role("button", name="Launch").click()
    assert page.url == f"{origin}/v2/gh/user/fast/main"
    await expect(page.get_by_text("This page needs JavaScript")).to_be_visible()
    await page.goto(f"{origin}/")
    await page.get_by_role("link", name="hello").click()
    assert page.url == f"{origin}/v2/local/hello"
    await context.close()


async def test_the_log_can_be_paused_searched_copied_and_kept(
    page: Page, browser: Browser, origin: str
) -> None:
    await page.goto(f"{origin}/v2/fake/halfway")
    await expect(page.locator("#phase-detail")).to_contain_text("Step 6 of 12: RUN pip install")
    await expect(page.get_by_role("progressbar")).not_to_have_attribute("value", "0")
    await expect(log_of(page)).to_contain_text("[ 6/12]")
    follow = page.locator("#follow")

    await page.get_by_label("Search the log").fill("environment.lock")
    await expect(page.locator("#log-matches")).to_have_text(re.compile(r"^1 of \d"))
    await page.get_by_role("button", name="Next match").click()
    await expect(page.locator("#log-matches")).to_have_text(re.compile(r"^2 of \d"))
    await page.get_by_label("Search the log").press("Shift+Enter")
    await expect(page.locator("#log-matches")).to_have_text(re.compile(r"^1 of \d"))
    await page.get_by_label("Search the log").fill("telescope")
    await expect(page.locator("#log-matches")).to_have_text("Not found")
    await page.get_by_label("Search the log").fill("Cloning")
    await expect(page.locator("#log-matches")).to_have_text("1 of 1")
    await page.locator("#follow").click()

    # Who scrolls up reads: the log holds still, until they are back at its end.
    await page.locator("#log").hover()
    await page.mouse.wheel(0, -400)
    await expect(follow).to_have_text("Follow")
    await page.mouse.wheel(0, 4000)
    await expect(follow).to_have_text("Pause")

    await page.locator("#copy-log").click()
    await expect(page.locator("#copy-log")).to_have_text("Copied")
    log = await copied(page)
    assert log.startswith("Looking up fake/halfway...\n")
    assert log.count("\n") > 20

    # Who comes late sees the last lines, and can have them all.
    late = await page.context.new_page()
    await late.goto(f"{origin}/v2/fake/halfway")
    await expect(log_of(late)).to_contain_text("Setting up")
    await expect(log_of(late)).not_to_contain_text("Cloning")
    async with late.expect_download() as downloading:
        await late.get_by_role("link", name="Download").click()
    download = await downloading.value
    assert download.suggested_filename.endswith(".log")
    whole = (await download.path()).read_text()
    assert "Cloning" in whole
    assert "[ 6/12]" in whole
    assert await late.get_by_role("button", name="Cancel the build").is_hidden()
    await late.close()

    await page.get_by_role("button", name="Cancel the build").click()
    await expect(page.get_by_role("alert")).to_contain_text("The build was cancelled.")
    await expect(page.locator("#failure-step")).to_contain_text("at step 6 of 12: RUN pip install")
    await expect(page.locator("#failure-lines")).to_contain_text("Setting up libzmq5")
    await expect(page).to_have_title("Failed: halfway")


async def test_pausing_keeps_what_comes_for_later(page: Page, origin: str) -> None:
    await page.goto(f"{origin}/v2/fake/slow")
    await expect(log_of(page)).to_contain_text("[ 1/20]")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#follow")).to_have_text(re.compile(r"^Follow \(([3-9]|\d\d) new\)"))
    behind = await log_of(page).inner_text()
    await page.locator("#follow").click()
    await expect(page.locator("#follow")).to_have_text("Pause")
    await expect(log_of(page)).not_to_have_text(behind)
    await page.get_by_role("button", name="Cancel the build").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def test_earlier_builds_tell_how_long_it_takes(page: Page, origin: str) -> None:
    await page.goto(f"{origin}/v2/fake/colours")
    await page.wait_for_url(IN_A_SERVER)
    await page.goto(f"{origin}/v2/fake/slow")
    await expect(page.locator("#remaining")).to_contain_text("judging by earlier builds of other")
    await expect(page.locator("#elapsed")).to_have_text(re.compile("0:0[1-9]"))
    await page.goto(f"{origin}/v2/fake/colours")
    await expect(page.locator("#remaining")).to_have_text(
        re.compile(r"(A few|About \d+) seconds to go, judging by earlier builds of this repo")
    )


async def test_a_connection_that_is_gone_for_a_while_is_made_again(page: Page, origin: str) -> None:
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url))
    await page.goto(f"{origin}/v2/gh/user/halfway/HEAD")
    await expect(page.locator("#phase-detail")).to_contain_text("Step 6 of 12")
    await page.context.set_offline(True)
    await expect(page.locator("#phase")).to_have_text("The connection is lost")
    await expect(page.locator("#retry-in")).to_contain_text("Trying again")
    await expect(page.get_by_role("button", name="Try now")).to_be_visible()
    await expect(page).to_have_title("No connection: user/halfway")
    await page.context.set_offline(False)
    await expect(page.locator("#phase")).to_have_text("Building the image")
    await expect(page.locator("#phase-detail")).to_contain_text("Step 6 of 12")
    await expect(page.get_by_role("button", name="Try now")).to_be_hidden()
    assert sum(url.startswith(f"{origin}/build/") for url in streams) == 2


async def test_an_answer_that_did_not_come_is_asked_for_again(page: Page, origin: str) -> None:
    await page.goto(f"{origin}/")
    await page.context.set_offline(True)
    await page.locator("#repo").fill("user/fast")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("does not answer; try again")
    await page.context.set_offline(False)
    await page.keyboard.press("Enter")
    await page.wait_for_url(IN_A_SERVER)


async def test_who_is_stopped_on_the_way_to_the_server_gets_a_link(page: Page, origin: str) -> None:
    await page.route(IN_A_SERVER, lambda route: route.fulfill(status=204))  # so the page stays
    await page.clock.install()
    await page.goto(f"{origin}/v2/fake/fast")
    await expect(page.locator("#phase")).to_have_text("Ready. Taking you there now.")
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#phase")).to_have_text("Your server was started")
    await page.unroute(IN_A_SERVER)
    await page.get_by_role("link", name="Go to your server").click()
    await page.wait_for_url(IN_A_SERVER)


async def test_the_log_is_read_by_keyboard_and_on_a_phone(page: Page, origin: str) -> None:
    await page.emulate_media(color_scheme="light")
    await page.goto(f"{origin}/v2/fake/missing-package")
    await expect(log_of(page)).to_contain_text("No matching distribution")
    follow, frame = page.locator("#follow"), page.locator(".log-frame")
    await page.locator("#download-log").focus()
    await page.keyboard.press("Tab")
    await expect(frame).to_have_css("outline-style", "solid")
    for away, back in (("Home", "End"), ("PageUp", "PageDown"), ("ArrowUp", "ArrowDown")):
        await page.keyboard.press(away)
        await expect(follow).to_have_text("Follow")
        await page.keyboard.press(back)
        await expect(follow).to_have_text("Pause")
    await page.keyboard.press("Shift+Tab")
    await expect(page.locator("#download-log")).to_be_focused()

    await page.emulate_media(color_scheme="dark")
    colour = str(await frame.evaluate("frame => getComputedStyle(frame).backgroundColor"))
    await expect(page.locator("#log .xterm-scrollable-element")).to_have_css(
        "background-color", colour
    )

    # To turn the phone is not to scroll up.
    for width, height in ((740, 360), (360, 740), (1440, 900), (320, 640)):
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate(FOUR_FRAMES)
        await expect(log_of(page)).to_contain_text("found for numpie")
        await expect(follow).to_have_text("Pause")


async def test_a_refusal_has_no_log(page: Page, origin: str) -> None:
    await page.goto(f"{origin}/v2/fake/quota")
    await expect(page.get_by_role("alert")).to_contain_text("Too many users")
    await expect(page.locator("#log-section")).to_be_hidden()


async def test_a_template_may_leave_the_icon_out(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '{% extends "templates/page.html" %}{% block head %}<title>Bare</title>{% endblock %}'
    )
    async with dev_pages(template_path=str(tmp_path)) as origin:
        page = await browser.new_page()
        await page.goto(f"{origin}/v2/fake/fast")
        await page.wait_for_url(IN_A_SERVER)
        await page.close()


async def test_a_script_that_was_lost_on_the_way_is_loaded_again(page: Page, origin: str) -> None:
    await page.route(re.compile("/dist/loading-.*js"), lambda route: route.abort(), times=1)
    await page.goto(f"{origin}/v2/fake/fast")
    await expect(page.locator("#phase")).to_have_text("The connection is lost")
    await page.wait_for_url(IN_A_SERVER)
