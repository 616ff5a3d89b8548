"""What people do with the pages, in a real Chromium with made-up launches."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from ..support.browser import PATIENCE_MS, chromium
from ..support.dev import dev_pages

pytestmark = pytest.mark.asyncio(loop_scope="module")
expect.set_options(timeout=PATIENCE_MS)
IN_A_SERVER = re.compile(r"/fake-server/")
TAIL = 5


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
    await expect(page.locator("#follow")).to_have_text(re.compile(r"^Follow \([3-9] new\)"))
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
        "About a few seconds to go, judging by earlier builds of this repository."
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
