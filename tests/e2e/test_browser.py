"""What a person sees: the pages, in a real Chromium, against a running instance."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Request, expect

from ..support.browser import PATIENCE_MS, Watched, chromium, watched_page
from ..support.gate import Gate
from ..support.git_server import GitRepo, GitServer
from ..support.instance import BinderProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")
expect.set_options(timeout=PATIENCE_MS)

NOTEBOOK = """\
{"cells": [], "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python",
 "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
"""
IN_A_SERVER = re.compile(r"/jupyter/user/")

# Tells `sawPhase` every text that the phase ever had, however short it stood there.
RECORD_PHASES = """
addEventListener("DOMContentLoaded", () => {
  const phase = document.getElementById("phase");
  if (!phase) return;
  const told = (text) => window.sawPhase(text);
  told(phase.textContent);
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) told(node.data);
  }).observe(phase, { childList: true });
});
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def watched(browser: Browser, binder: BinderProcess) -> AsyncIterator[Watched]:
    """A page that, when the test is over, must have kept to itself and had no trouble."""
    async with watched_page(browser, binder.origin) as watched:
        yield watched
        assert watched.problems == []
        assert watched.strays == []


@pytest.fixture(scope="module")
def course(git_server: GitServer) -> GitRepo:
    """A repository with something to open."""
    return git_server.repo("course", {"notes/first steps.ipynb": NOTEBOOK})


def log_of(page: Page) -> Locator:
    """The rows of the log that are in view: its end."""
    return page.locator("#log .xterm-rows")


async def go_back_to_the_loading_page(page: Page) -> None:
    """Press Back: once, and once for each entry that JupyterLab made of its own."""
    for _ in range(10):
        await page.go_back(wait_until="commit")
        if not IN_A_SERVER.search(page.url):
            return
    raise AssertionError(f"Back never leaves {page.url}")


async def test_the_log_grows_and_the_page_lands_in_jupyterlab(
    watched: Watched, binder: BinderProcess, git_server: GitServer, gate: Gate
) -> None:
    page = watched.page
    seen: list[str] = []
    repo = git_server.repo(
        "watched",
        {
            "Dockerfile": "FROM binderhub-lite/singleuser\n"
            f"ENV NEVER_BUILT_BEFORE={time.time()}\n"
            "RUN echo six times seven is $((6 * 7))\n"
            f"{gate.dockerfile_line}"
            "RUN echo seven times eight is $((7 * 8)), and on it goes\n"
        },
    )
    await page.expose_function("sawPhase", lambda text: seen.append(text))
    await page.add_init_script(RECORD_PHASES)

    await page.goto(f"{binder.url}v2/{repo.spec}")
    await expect(page.locator("h1")).to_contain_text(repo.url)
    await expect(log_of(page)).to_contain_text("six times seven is 42")
    await expect(page.locator("#phase")).to_have_text("Building the image")
    await expect(page.locator("[aria-current=step]")).to_have_text("Build")
    await expect(page).to_have_title(f"Building: {repo.url}")
    assert await page.get_attribute("#favicon", "href") == f"{binder.url}favicon_building.ico"
    await asyncio.to_thread(gate.wait_until_reached)
    assert "seven times eight is 56" not in await log_of(page).inner_text()

    gate.open()
    await page.wait_for_url(IN_A_SERVER)
    await expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    await expect(page).to_have_title(re.compile("JupyterLab"))
    assert page.url.startswith(f"{binder.origin}/jupyter/user/")
    assert seen[:7] == [  # and more, where the server's page takes its time
        "Connecting",
        "Getting ready",
        "Fetching the repository",
        "Building the image",
        "The image is there",
        "Starting your Jupyter server",
        "Ready. Taking you there now.",
    ]
    assert len(watched.streams) == 1


async def test_a_launch_that_fails_says_why_and_keeps_the_log(
    watched: Watched, binder: BinderProcess, git_server: GitServer
) -> None:
    page = watched.page
    repo = git_server.repo(
        "alas", {"Dockerfile": "FROM binderhub-lite/singleuser\nRUN echo a$(echo las); exit 7\n"}
    )
    # The page must end the connection, or it would start over.
    async with page.expect_event("requestfailed", lambda request: "/build/" in request.url):
        await page.goto(f"{binder.url}v2/{repo.spec}")
    message = page.get_by_role("alert")
    await expect(message).to_contain_text(f"Building {repo.url} failed: ")
    await expect(message).to_contain_text("exit code: 7")
    await expect(page.locator("#phase")).to_have_text("This launch has failed")
    await expect(page.locator("[data-state=failed]")).to_have_text("Build")
    await expect(log_of(page)).to_contain_text("alas")
    await expect(page).to_have_title(f"Failed: {repo.url}")
    assert await page.get_attribute("#favicon", "href") == f"{binder.url}favicon_fail.ico"
    assert len(watched.streams) == 1

    repo.add({"Dockerfile": "FROM binderhub-lite/singleuser\n"})
    await page.get_by_role("link", name="Try again").click()
    await page.wait_for_url(IN_A_SERVER)
    assert len(watched.streams) == 2


async def test_who_started_a_build_may_cancel_it(
    watched: Watched, browser: Browser, binder: BinderProcess, git_server: GitServer, gate: Gate
) -> None:
    repo = git_server.repo(
        "cancelled", {"Dockerfile": f"FROM binderhub-lite/singleuser\n{gate.dockerfile_line}"}
    )
    page = watched.page
    await page.goto(f"{binder.url}v2/{repo.spec}")
    await expect(log_of(page)).to_contain_text("at the gate")
    async with watched_page(browser, binder.origin) as other:
        await other.page.goto(f"{binder.url}v2/{repo.spec}")
        await expect(log_of(other.page)).to_contain_text("at the gate")
        await expect(other.page.get_by_role("button", name="Cancel the build")).to_be_hidden()

        await page.get_by_role("button", name="Cancel the build").click()
        for watcher in (page, other.page):
            await expect(watcher.get_by_role("alert")).to_contain_text("The build was cancelled.")
            await expect(log_of(watcher)).to_contain_text("at the gate")
        await expect(page.get_by_role("button", name="Cancel the build")).to_be_hidden()
        assert (other.problems, other.strays) == ([], [])
    assert binder.containers("build") == []


async def test_all_who_watch_a_build_land_in_servers_of_their_own(
    browser: Browser, binder: BinderProcess, git_server: GitServer, gate: Gate
) -> None:
    repo = git_server.repo(
        "class",
        {
            "Dockerfile": "FROM binderhub-lite/singleuser\n"
            f"ENV NEVER_BUILT_BEFORE={time.time()}\n"
            "RUN echo before the gate\n"
            f"{gate.dockerfile_line}"
            "RUN echo past it\n"
        },
    )
    async with (
        watched_page(browser, binder.origin) as steady,
        watched_page(browser, binder.origin) as reloading,
        watched_page(browser, binder.origin) as offline,
    ):
        everyone = [steady.page, reloading.page, offline.page]
        for page in everyone:
            await page.goto(f"{binder.url}v2/{repo.spec}?urlpath=api")
            await expect(log_of(page)).to_contain_text("at the gate")
        assert len(binder.containers("build")) == 1

        await reloading.page.reload()
        await expect(log_of(reloading.page)).to_contain_text("at the gate")
        await offline.page.context.set_offline(True)
        await expect(offline.page.locator("#launch")).to_contain_text("The connection is lost")
        gate.open()
        await steady.page.wait_for_url(IN_A_SERVER)
        await offline.page.context.set_offline(False)
        for page in everyone:
            await page.wait_for_url(IN_A_SERVER)
            await expect(page.locator("body")).to_contain_text('"version"')
        assert len({page.url.split("/api")[0] for page in everyone}) == 3
        assert (steady.problems, reloading.problems) == ([], [])
        assert steady.strays == reloading.strays == offline.strays == []


async def test_an_address_that_nobody_can_resolve_fails_at_once(
    watched: Watched, binder: BinderProcess, course: GitRepo
) -> None:
    await watched.page.goto(f"{binder.url}v2/git/{course.escaped}/no-such-branch")
    await expect(watched.page.get_by_role("alert")).to_contain_text(
        "no such repository or ref, or it is private. Check the address."
    )


async def test_the_form_leads_to_the_loading_page(
    watched: Watched, binder: BinderProcess, course: GitRepo
) -> None:
    page = watched.page
    await page.goto(binder.url)
    await page.get_by_role("button", name="Launch").click()
    await expect(page.get_by_role("alert")).to_have_text("Please name a repository.")
    await page.get_by_label("Repository", exact=True).fill(f" {course.url} ")
    await expect(page.get_by_label("Where it is")).to_have_value("git")
    await page.get_by_label("Branch, tag or commit").fill("main")
    await page.get_by_label("What to open").select_option("JupyterLab")
    await page.get_by_label("Folder or file in JupyterLab").fill("notes/first steps.ipynb")

    address = (
        f"{binder.url}v2/git/{course.escaped}/main"
        "?urlpath=lab%2Ftree%2Fnotes%2Ffirst%2520steps.ipynb"
    )
    assert await page.get_by_label("Link", exact=True).input_value() == address
    async with page.expect_request(_is_page(f"{binder.url}v2/")) as asked:
        await page.get_by_role("button", name="Launch").click()
    assert (await asked.value).url == address
    await page.wait_for_url(IN_A_SERVER)
    (stream,) = watched.streams
    assert stream.url.startswith(f"{binder.url}build/git/{course.escaped}/main?build_token=")
    await expect(_lab_tab(page, "first steps.ipynb")).to_be_visible()


def _is_page(start: str) -> Callable[[Request], bool]:
    def matches(request: Request) -> bool:
        return request.is_navigation_request() and request.url.startswith(start)

    return matches


def _lab_tab(page: Page, name: str) -> Locator:
    return page.locator("#jp-main-dock-panel .lm-TabBar-tabLabel", has_text=name)


async def test_what_people_share_works_for_others(
    watched: Watched, browser: Browser, binder: BinderProcess, course: GitRepo
) -> None:
    page = watched.page
    await page.goto(binder.url)
    link, badge = page.get_by_label("Link", exact=True), page.get_by_label("Badge in Markdown")
    await expect(link).to_be_hidden()
    await page.get_by_label("Repository", exact=True).fill("https://github.com/user/repo/")
    await expect(link).to_have_value(f"{binder.url}v2/gh/user/repo/HEAD")
    await page.get_by_label("Repository", exact=True).fill(course.url)

    address = f"{binder.url}v2/git/{course.escaped}/HEAD"
    await expect(link).to_have_value(address)
    markdown = await badge.input_value()
    assert markdown == f"[![Binder]({binder.url}badge_logo.svg)]({address})"

    async with watched_page(browser, binder.origin) as other:
        # What a README makes of the badge.
        await other.page.goto(f"{binder.url}about")
        await other.page.evaluate(
            """([picture, address]) => {
                document.body.innerHTML = `<a href="${address}"><img src="${picture}"></a>`;
            }""",
            re.findall(r"\((http[^)]+)\)", markdown),
        )
        picture = other.page.locator("img")
        assert await picture.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 50
        await other.page.locator("img").click()
        await other.page.wait_for_url(IN_A_SERVER)
        assert other.problems == []


async def test_copying_works_in_a_classroom_without_https(
    browser: Browser, binder: BinderProcess, bridge_address: str
) -> None:
    origin = f"http://{bridge_address}:{binder.port}"
    async with watched_page(browser, origin) as watched:
        page = watched.page
        await page.goto(f"{origin}/")
        assert not await page.evaluate("isSecureContext"), "else this shows nothing"
        repo = page.locator("#repo")
        await repo.fill("user/repo")
        copy = page.locator("[data-copies=share-link]")
        await copy.click()
        await expect(copy).to_have_text("Copied")
        await repo.fill("")
        await repo.press("Control+v")
        assert await repo.input_value() == f"{origin}/v2/gh/user/repo/HEAD"
        assert (watched.problems, watched.strays) == ([], [])


@pytest.mark.parametrize(
    ("query", "path", "shows"),
    [
        ("?urlpath=lab/tree/notes", "lab", ".jp-DirListing-item[title*='first steps.ipynb']"),
        (
            "?urlpath=%2Flab%2Ftree%2Fnotes%2Ffirst%2520steps.ipynb",
            "lab/tree/notes/first%20steps.ipynb",
            "#jp-main-dock-panel .jp-Notebook",
        ),
        (
            "?labpath=notes/first%20steps.ipynb",
            "doc/tree/notes/first%20steps.ipynb",
            "#jp-main-dock-panel .jp-Notebook",
        ),
        (
            "?filepath=notes/first%20steps.ipynb",
            "notebooks/notes/first%20steps.ipynb",
            "#jp-NotebookLogo",
        ),
        ("?urlpath=https%3A%2F%2Felsewhere.example%2F", "lab", "#jp-main-dock-panel"),
    ],
)
async def test_links_lead_to_the_page_that_they_name(
    watched: Watched, binder: BinderProcess, course: GitRepo, query: str, path: str, shows: str
) -> None:
    page = watched.page
    await page.goto(f"{binder.url}v2/{course.spec}{query}")
    await page.wait_for_url(IN_A_SERVER)
    await expect(page.locator(shows).first).to_be_visible()
    # JupyterLab writes its address anew while it starts, and takes the token out of it.
    await expect(page).to_have_url(re.compile(f"/jupyter/user/[^/]+/{re.escape(path)}"))
    await expect(page).not_to_have_url(re.compile("token="))


async def test_back_does_not_launch_again(
    watched: Watched, binder: BinderProcess, course: GitRepo
) -> None:
    page = watched.page
    await page.goto(f"{binder.url}v2/{course.spec}")
    await page.wait_for_url(IN_A_SERVER)
    await expect(page.locator("#jp-main-dock-panel")).to_be_visible()
    server = page.url
    servers = binder.containers("server")

    await go_back_to_the_loading_page(page)
    await expect(page.get_by_role("link", name="Go to your server")).to_be_visible()
    assert len(watched.streams) == 1
    assert binder.containers("server") == servers

    await page.get_by_role("link", name="Go to your server").click()
    await page.wait_for_url(IN_A_SERVER)
    assert page.url.split("/lab")[0] == server.split("/lab")[0]
    await go_back_to_the_loading_page(page)
    await page.get_by_role("link", name="Launch a new one").click()
    await page.wait_for_url(IN_A_SERVER)
    assert page.url.split("/lab")[0] != server.split("/lab")[0]
    assert len(watched.streams) == 2


async def test_back_does_not_launch_again_when_the_browser_kept_the_page(
    binder: BinderProcess, course: GitRepo
) -> None:
    async with chromium(keeps_pages=True) as browser, watched_page(browser, binder.origin) as it:
        page = it.page
        await page.goto(f"{binder.url}v2/{course.spec}?filepath=README.md")
        await page.evaluate("window.kept = true")
        await page.wait_for_url(IN_A_SERVER)
        await go_back_to_the_loading_page(page)
        await expect(page.get_by_role("link", name="Go to your server")).to_be_visible()
        await expect(page.locator("#phase")).to_have_text("Your server was started")
        assert await page.evaluate("window.kept"), "else the page was loaded anew"
        assert len(it.streams) == 1


async def test_a_page_that_lost_its_connection_finds_the_way_back(
    browser: Browser, git_server: GitServer, gate: Gate, tmp_path: Path
) -> None:
    repo = git_server.repo(
        "lost", {"Dockerfile": f"FROM binderhub-lite/singleuser\n{gate.dockerfile_line}"}
    )
    first = second = await asyncio.to_thread(BinderProcess(tmp_path).wait_until_ready)
    try:
        async with watched_page(browser, first.origin) as watched:
            page = watched.page
            await page.goto(f"{first.url}v2/{repo.spec}")
            await expect(log_of(page)).to_contain_text("at the gate")
            first.process.kill()
            await asyncio.to_thread(first.process.wait)
            # Takes over, and so removes, what the killed one has left.
            second = BinderProcess(tmp_path, port=first.port)
            await expect(page.locator("#phase")).to_have_text("The connection is lost")
            await expect(page.locator("#retry-in")).to_contain_text("Trying again")
            await expect(page).to_have_title(f"No connection: {repo.url}")
            await asyncio.to_thread(second.wait_until_ready)
            await expect(page.locator("#phase")).to_have_text("Building the image")
            await expect(page.locator("#lost")).to_be_hidden()
            gate.open()
            await page.wait_for_url(IN_A_SERVER)
    finally:
        await asyncio.to_thread(second.stop)


async def test_the_other_pages(watched: Watched, binder: BinderProcess) -> None:
    page = watched.page
    await page.goto(binder.url)
    await page.get_by_role("link", name="About").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("About this BinderHub")
    async with page.expect_response(f"{binder.url}health") as answered:
        await page.get_by_role("link", name="health").click()
    assert (await answered.value).status == 200
    assert watched.problems == []

    for path, says in [
        ("no/such/page", "Not Found"),
        ("v2/nowhere/user/repo/HEAD", "No provider found for prefix nowhere"),
        ("v2/gh/user", "is not user/repo/ref"),
    ]:
        answer = await page.goto(f"{binder.url}{path}")
        assert answer is not None
        assert answer.status == 404
        await expect(page.locator("main")).to_contain_text(says)
        await expect(page.get_by_role("link", name="To the main page")).to_be_visible()
        # Chromium itself writes the page's own status to the console; nothing else is amiss.
        note, message = sorted(watched.problems)
        assert note == f"404: {binder.url}{path}"
        assert "404 (Not Found)" in message
        watched.problems.clear()
