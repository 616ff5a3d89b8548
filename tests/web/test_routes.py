"""Which path leads to what, whatever the method; redirects, pictures and errors."""

import asyncio
import json
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from aiohttp import ServerDisconnectedError, web
from aiohttp.test_utils import TestServer
from yarl import URL

from binderhub_lite.web import make_application
from binderhub_lite.web.middleware import error_pages

from ..support.github_api import GitHubApi
from .conftest import Serve, Served

PICTURES = {
    "badge.svg": "image/svg+xml",
    "badge_logo.svg": "image/svg+xml",
    "assets/images/badge.svg": "image/svg+xml",
    "logo_social.png": "image/png",
    "favicon.ico": "image/",
    "favicon_building.ico": "image/",
    "favicon_success.ico": "image/",
    "favicon_fail.ico": "image/",
}
API = ["health", "versions", "metrics", "api/repoproviders", "api/detect?text=user/repo"]
PAGES = ["", "about", "v2/gh/user/repo/HEAD"]


@pytest.mark.parametrize(("path", "kind"), PICTURES.items())
async def test_badges_and_icons_are_where_links_expect_them(
    served: Served, path: str, kind: str
) -> None:
    answer = await served.get(f"/{path}")

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith(kind)
    assert len(answer.body) > 100


async def test_the_state_of_a_launch_shows_in_the_icon(served: Served) -> None:
    icons = [await served.get(f"/favicon_{state}.ico") for state in ("building", "success", "fail")]

    assert len({icon.body for icon in icons}) == 3


@pytest.mark.parametrize("path", [*PAGES, *API, *PICTURES, "static/images/logo.svg", "nothing"])
async def test_head_answers_as_get_does_without_a_body(served: Served, path: str) -> None:
    get, head = await served.get(f"/{path}"), await served.get(f"/{path}", "HEAD")

    assert head.status == get.status
    assert head.headers.get("Content-Type") == get.headers.get("Content-Type")
    assert head.body == b""


async def test_head_of_a_stream_starts_nothing(served: Served, github: GitHubApi) -> None:
    """Not even for a client that keeps its connection, as aiohttp's does not."""
    url = URL(served.origin)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    request = (
        "HEAD /build/gh/user/repo/HEAD HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
    )
    with closing(writer):
        writer.write(request.encode())
        head = await reader.readuntil(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Content-Type: text/event-stream\r\n" in head
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(github.asked.wait(), 0.2)


@pytest.mark.parametrize("path", [*PAGES, *API, "build/gh/user/repo/HEAD", "nothing"])
@pytest.mark.parametrize("origin", ["", "https://other.test"])
async def test_a_browser_may_ask_first(serve: Serve, path: str, origin: str) -> None:
    served = await serve(cors_allow_origin=origin)

    answer = await served.get(f"/{path}", "OPTIONS", headers={"Origin": "https://other.test"})

    assert answer.status == 204
    assert answer.headers.get("Access-Control-Allow-Origin", "") == origin
    # Of who may, the configured headers may tell, too: tornado_settings.
    assert answer.headers["Access-Control-Allow-Headers"] == "cache-control"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("repo/user/repo", "v2/gh/user/repo/master"),
        ("repo/user/repo/", "v2/gh/user/repo/master"),
        ("repo/user/repo/notebook.ipynb", "v2/gh/user/repo/master?urlpath=%2Fnotebook.ipynb"),
        ("repo/user/repo/a/b.ipynb", "v2/gh/user/repo/master?urlpath=%2Fa%2Fb.ipynb"),
        (
            "repo/user/repo/caf%C3%A9%20%26%3D+.ipynb",
            "v2/gh/user/repo/master?urlpath=%2Fcaf%C3%A9%20%26%3D%2B.ipynb",
        ),
        ("repo/us%2Fer/repo", "v2/gh/us%2Fer/repo/master"),
    ],
)
@pytest.mark.parametrize("base_url", ["/", "/binder/"])
async def test_links_of_binders_first_version_still_lead_somewhere(
    serve: Serve, base_url: str, path: str, target: str
) -> None:
    served = await serve(base_url=base_url)

    answer = await served.get(base_url + path)

    assert answer.status == 302
    assert answer.headers["Location"] == base_url + target


@pytest.mark.parametrize(
    ("method", "path", "status", "phrase"),
    [
        ("GET", "/nothing/here", 404, "Not Found"),
        ("GET", "/v2/gh", 404, "Not Found"),
        ("GET", "/build/gh", 404, "Not Found"),
        ("POST", "/", 405, "Method Not Allowed"),
        ("GET", "/static/", 404, "Not Found"),
        ("GET", "/static/dist/none.js", 404, "Not Found"),
    ],
)
async def test_an_error_is_a_page_for_people_and_json_for_programs(
    served: Served, method: str, path: str, status: int, phrase: str
) -> None:
    page = await served.get(path, method)
    assert page.status == status
    assert f"<title>{status} {phrase}</title>" in page.text
    assert f'href="{page.page_config["baseUrl"]}"' in page.text

    answer = await served.get(path, method, headers={"Accept": "application/json"})
    assert answer.status == status
    assert json.loads(answer.text) == {"status": status, "message": phrase}


@pytest.mark.parametrize("path", ["missing.js", "..%2Fsetup.cfg", "../setup.cfg", "%2Fetc/passwd"])
async def test_static_files_are_those_of_the_folder_and_no_others(
    served: Served, path: str
) -> None:
    assert (await served.get("/static/images/logo.svg")).status == 200
    assert (await served.get(f"/static/{path}")).status == 404


async def test_a_page_that_breaks_is_still_a_page(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "about.html").write_text("{{ 1 / 0 }}")
    served = await serve(template_path=str(tmp_path))

    page = await served.get("/about")

    assert page.status == 500
    assert "Internal Server Error" in page.text
    assert "ZeroDivisionError" not in page.text


async def test_without_pages_only_the_api_is_left(serve: Serve) -> None:
    served = await serve(enable_api_only_mode=True)

    for path in [*PAGES, "badge.svg", "repo/user/repo", "static/images/logo.svg"]:
        assert (await served.get(f"/{path}")).status == 404
    for path in API:
        assert (await served.get(f"/{path}")).status == 200


async def test_the_description_of_the_api_has_all_routes_and_no_other(served: Served) -> None:
    api = yaml.safe_load((Path(__file__).parents[2] / "docs" / "openapi.yaml").read_text())
    routes = {resource.canonical for resource in make_application(served.site).router.resources()}

    assert routes | {"/oauth_callback", "/logout"} == set(api["paths"])


async def test_who_leaves_in_the_middle_of_an_answer_is_no_error(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    async def left_alone(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        assert request.transport is not None
        request.transport.abort()
        await response.prepare(request)
        return response

    app = web.Application(middlewares=[error_pages])
    app.router.add_get("/", left_alone)
    async with TestServer(app, host="127.0.0.1", handler_cancellation=True) as server:
        with pytest.raises(ServerDisconnectedError):
            await served.http.get(server.make_url("/"))
    assert caplog.records == []
