"""The event stream: what is asked for, what is refused, and how the connection is kept."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from binderhub_lite.conventions import Component
from binderhub_lite.dockerd import DockerDaemon

from ..support.github_api import GitHubApi
from ..support.hub_api import HANG, HubApi
from .conftest import EVENTS, Serve, Served

MISSING = "/build/local/missing"


async def test_the_answer_is_an_event_stream_that_nobody_caches_or_holds_back(
    served: Served, http: ClientSession
) -> None:
    async with http.get(served.origin + MISSING, headers=EVENTS) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "Access-Control-Allow-Origin" not in answer.headers
        first = await answer.content.readline()
        assert first.startswith(b'data: {"phase": "waiting"')
        assert await answer.content.readline() == b"\n"


async def test_every_message_ends_in_a_newline(served: Served) -> None:
    events = await served.events(MISSING)

    assert len(events) == 2
    assert all(event["message"].endswith("\n") for event in events)


@pytest.mark.parametrize(
    "accept", ["text/event-stream", "application/json, text/event-stream;q=0.9", "text/*", "*/*"]
)
async def test_clients_that_accept_events_get_them(served: Served, accept: str) -> None:
    events = await served.events(MISSING, {"Accept": accept})

    assert events[-1]["status_code"] == 404


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html"}, {"Accept": ""}])
async def test_others_are_told_what_to_send(served: Served, headers: dict[str, str]) -> None:
    (event,) = await served.events(MISSING, headers)

    assert (event["phase"], event["status_code"]) == ("failed", 400)
    assert "Accept: text/event-stream" in event["message"]


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("nosuch/user/repo/HEAD", 404, "No provider found for prefix nosuch: it is one of gh"),
        ("gh/user/repo", 400, "is not user/repo/ref"),
        ("gh/user/missing/HEAD", 404, "Could not resolve ref for gh/user/missing/HEAD"),
        ("git/file%3A%2F%2F%2Fetc/HEAD", 400, "no clone URL that is allowed here"),
        ("git/http%3A%2F%2Flocalhost%3A8081%2Fx/HEAD", 403, "is in a private network"),
        ("git/https%3A%2F%2Fhost%00%2Fx/HEAD", 400, "is no clone URL: it names no host"),
        ("local/..%2Fother", 404, "There is no directory '../other'"),
        ("local/missing?build_only=true", 400, "not enabled on this server"),
    ],
)
async def test_what_cannot_be_is_a_failed_event_with_one_sentence(
    served: Served, path: str, status: int, sentence: str
) -> None:
    *_, event = await served.events(f"/build/{path}")

    assert (event["phase"], event["status_code"]) == ("failed", status)
    assert sentence in event["message"]
    assert event["message"].count("\n") == 1


@pytest.mark.parametrize(
    ("asked", "spec"),
    [
        ("git/https%3A%2F%2F127.0.0.1%3A1%2Fa%20b/x%2Fy", None),
        ("git/https%3a%2f%2f127.0.0.1%3a1/HEAD", None),
        ("git/https://127.0.0.1:1/x/HEAD", None),
        ("local/caf%C3%A9+100%25", None),
        ("local/a%2Bb+c%20d", None),
        ("local/a;b=c,d!e~f'(g)*", None),
        ("local/a/../b", None),
        ("local/missing///", "local/missing"),
        ("local/missing?x=local/other#y", "local/missing"),
    ],
)
async def test_a_spec_arrives_as_the_client_wrote_it(
    serve: Serve, asked: str, spec: str | None
) -> None:
    served = await serve(base_url="/binder/")

    first, *_ = await served.events(f"/binder/build/{asked}")

    assert first["message"] == f"Looking up {spec or asked}...\n"


@pytest.mark.parametrize("branch", ["main", "master"])
async def test_a_branch_that_was_only_guessed_is_retried_as_the_default_one(
    served: Served, github: GitHubApi, branch: str
) -> None:
    github.commits["user/repo/v1"] = "0" * 40

    *events, failed = await served.events(f"/build/gh/user/repo/{branch}")

    assert [event["phase"] for event in events] == ["waiting", "waiting"]
    assert "trying the default branch (HEAD)" in events[-1]["message"]
    assert failed["status_code"] == 404
    assert [request.path.rpartition("/")[2] for request in github.requests] == [branch, "HEAD"]


async def test_building_without_launching_is_for_servers_without_pages(
    serve: Serve, daemon: DockerDaemon, shared: Path
) -> None:
    (shared / "hello").mkdir()
    (shared / "hello" / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    await daemon.ensure_network()
    served = await serve(enable_api_only_mode=True)

    first = await served.events("/build/local/hello?build_only=true")
    again = await served.events("/build/local/hello?build_only=true")

    assert [event["phase"] for event in again] == ["waiting", "built", "ready"]
    assert again[1]["message"] == "Found built image, launching...\n"
    assert first[-1] == again[-1]
    image = first[-1]["imageName"]
    assert await daemon.has_image(image)
    assert image == again[1]["imageName"]
    assert await daemon.containers(Component.BUILD) == []
    counted = (await served.get("/metrics")).text
    labels = f'provider="Local",repo="file://{shared}/hello",status="success"'
    assert f"binderhub_build_count_total{{{labels}}} 1.0" in counted
    assert "binderhub_inprogress_builds 0.0" in counted


async def test_after_the_last_event_it_is_the_client_who_closes(serve: Serve) -> None:
    """An EventSource that is closed on would connect again and start over."""
    served = await serve({"keepalive_seconds": 0.05, "linger_seconds": 1})
    lines = [line async for line in served.lines(MISSING) if line]

    failed = next(i for i, line in enumerate(lines) if '"phase": "failed"' in line)
    assert set(lines[failed + 1 :]) == {":keepalive"}


async def test_a_silent_stream_is_kept_alive(serve: Serve, github: GitHubApi) -> None:
    served = await serve({"keepalive_seconds": 0.02})
    github.answering.clear()

    lines = served.lines("/build/gh/user/repo/HEAD")
    async with asyncio.timeout(60):
        seen = [line async for line in _first(lines, 3)]
        github.answering.set()
        assert await anext(line async for line in lines if '"phase": "failed"' in line)

    assert seen[0].startswith("data: ")
    assert seen[1:] == [":keepalive", ":keepalive"]


async def test_a_client_that_leaves_ends_what_was_done_for_it_alone(
    served: Served, daemon: DockerDaemon, hub: HubApi, shared: Path
) -> None:
    """Here: following the start of a server. (Others may wait for the same answer or build.)"""
    hub.progress = [{"message": "Server requested"}, HANG]
    (shared / "hello").mkdir()
    repo = await served.site.make_provider("local", "hello").resolve("local")
    name, tag = served.site.builds.image_of(repo).split(":")
    await daemon.client.images.tag("binderhub-lite/singleuser", name, tag=tag)

    async with asyncio.timeout(60):
        lines = served.lines("/build/local/hello")
        assert await anext(line async for line in lines if "Server requested" in line)
        assert not hub.left_alone.is_set()
        await lines.aclose()
        await hub.left_alone.wait()


async def test_other_sites_may_follow_a_stream_where_they_are_allowed_to(serve: Serve) -> None:
    served = await serve(cors_allow_origin="https://other.test")

    for method in ("HEAD", "OPTIONS"):
        answer = await served.get(MISSING, method, headers={"Origin": "https://other.test"})
        assert answer.headers["Access-Control-Allow-Origin"] == "https://other.test"
        assert answer.headers["Access-Control-Allow-Headers"] == "cache-control"


async def _first(lines: AsyncIterator[str], count: int) -> AsyncIterator[str]:
    """The first lines that are not blank; the rest can be read on."""
    while count:
        line = await anext(lines)
        if line:
            count -= 1
            yield line
