"""What `make dev` plays: every scenario, from the link to its end, through the real pipeline."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import pytest_asyncio

from binderhub_lite.scenarios import SCENARIOS
from binderhub_lite.web import build_stream

from ..support.dev import dev_pages
from ..support.instance import get, stream

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENDLESS = {"halfway", "starting"}
LONG = {"slow", "lines-100000"}
REFUSED = {"no-such-ref": 404, "rate-limit": 429, "quota": 500}
FAILING = {
    "fail-fetching": "fetching",
    "fail-building": "building",
    "missing-package": "building",
    "out-of-memory": "building",
    "fail-pushing": "pushing",
    "fail-launching": "launching",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def origin() -> AsyncIterator[str]:
    async with dev_pages(builder_required=True, build_docker_host="/nowhere") as origin:
        yield origin


async def play(origin: str, spec: str) -> list[dict[str, Any]]:
    return [event async for event in stream(f"{origin}/build/{spec}")]


async def test_an_image_that_is_there_is_launched_at_once(origin: str) -> None:
    for events in await asyncio.gather(play(origin, "fake/fast"), play(origin, "gh/a/fast/b")):
        phases = [event["phase"] for event in events]
        assert phases[:2] == ["waiting", "built"]
        assert phases[-1] == "ready"
        status, page = await get(f"{events[-1]['url']}lab/tree/x?token={events[-1]['token']}")
        assert status == 200
        assert "Here your server would be" in page
        assert "<code>lab/tree/x</code>" in page


async def test_every_scenario_comes_to_the_end_that_it_names(origin: str) -> None:
    names = sorted(SCENARIOS.keys() - ENDLESS - LONG)
    plays = await asyncio.gather(*(play(origin, f"fake/{name}") for name in names))
    for name, (*before, last) in zip(names, plays, strict=True):
        if name in REFUSED:
            assert (last["phase"], last["status_code"]) == ("failed", REFUSED[name])
        elif name in FAILING:
            assert (before[-1]["phase"], last["phase"]) == (FAILING[name], "failed"), name
            assert (SCENARIOS[name].build_fails or "ended at once") in last["message"]
        else:
            assert last["phase"] == "ready", name
        if name == "queue":
            ahead = [event["message"] for event in before if "ahead" in event["message"]]
            assert [message.split()[0] for message in ahead] == ["3", "2", "1"]


async def test_a_thousand_lines_all_arrive_and_are_kept(origin: str) -> None:
    events = await play(origin, "fake/lines-1000")
    lines = [event["message"] for event in events if event["phase"] == "building"]
    assert [line.partition(":")[0] for line in lines] == [str(n) for n in range(1, 1001)]
    (name,) = {event["build"] for event in events if "build" in event}
    status, kept = await get(f"{origin}/api/builds/{name}/log")
    assert status == 200
    assert kept.count("compiling") == 1000


async def test_who_never_reads_is_cut_off(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_stream, "WRITE_SECONDS", 0.5)
    place = urlsplit(origin)
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        silent.connect((place.hostname, place.port))
        silent.sendall(
            b"GET /build/fake/lines-100000 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
        )
        async with asyncio.timeout(30):
            while not served_to(silent):
                await asyncio.sleep(0.05)
            while served_to(silent):
                await asyncio.sleep(0.05)


def served_to(client: socket.socket) -> bool:
    """Whether this process holds the other end of the client's connection."""
    connections = psutil.Process().net_connections("tcp")
    return any(connection.raddr == client.getsockname() for connection in connections)


async def test_what_never_ends_can_be_left(origin: str) -> None:
    for name, message in (("halfway", "[ 6/12]"), ("starting", "Spawning")):
        async for event in stream(f"{origin}/build/fake/{name}"):
            if message in event["message"]:
                break
        else:
            pytest.fail(f"{name} ended")
