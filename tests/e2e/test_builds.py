"""Builds as clients see them: cancelled, looked back at, watched by a crowd, one after another."""

import asyncio
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest
import yarl

from ..conftest import ADMINISTRATOR_TOKEN
from ..support.gate import Gate
from ..support.git_server import GitServer
from ..support.instance import BinderProcess, docker, get
from ..support.tiny_builder import QUICK, import_tiny_builders

WATCHERS = 500
# `make test BUILDS=1000` for the whole thousand, which takes minutes.
BUILDS = int(os.environ.get("BUILDS", "60"))


def waits_at(gate: Gate, then: str = "echo past the gate") -> str:
    return f"FROM binderhub-lite/singleuser\n{gate.dockerfile_line}RUN {then}\n"


async def delete(url: str, **headers: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.delete(yarl.URL(url, encoded=True), headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def build_token(binder: BinderProcess, spec: str) -> str:
    _, page = await get(f"{binder.url}v2/{spec}")
    return re.search(r'"buildToken": "([^"]+)"', page)[1]


async def test_the_page_of_a_build_may_cancel_it(
    binder: BinderProcess, git_server: GitServer, gate: Gate
) -> None:
    repo = git_server.repo("cancelled", {"Dockerfile": waits_at(gate)})
    url = f"{binder.url}build/{repo.spec}"
    watching = [asyncio.create_task(binder.launch(repo.spec)) for _ in range(2)]
    await asyncio.to_thread(gate.wait_until_reached)

    assert (await delete(url))[0] == 403
    assert (await delete(f"{url}?build_token=nonsense"))[0] == 403
    other = await build_token(binder, git_server.repo("another").spec)
    assert (await delete(f"{url}?build_token={other}"))[0] == 403
    assert (await delete(url, Authorization="token nonsense"))[0] == 403

    token = await build_token(binder, repo.spec)
    assert (await delete(f"{url}?build_token={token}"))[0] == 204
    streams = await asyncio.gather(*watching)
    assert [events[-1]["message"] for events in streams] == ["The build was cancelled.\n"] * 2
    assert binder.containers("build") == []
    status, text = await delete(f"{url}?build_token={token}")
    assert (status, json.loads(text)["message"]) == (404, f"No build of {repo.spec} is running.")


async def test_an_administrator_of_the_hub_may_cancel_any_build(
    binder: BinderProcess, git_server: GitServer, gate: Gate
) -> None:
    repo = git_server.repo("cancelled-by-admin", {"Dockerfile": waits_at(gate)})
    watching = asyncio.create_task(binder.launch(repo.spec))
    await asyncio.to_thread(gate.wait_until_reached)
    url = f"{binder.url}build/{repo.spec}"

    assert (await delete(url, Authorization="token nobody's"))[0] == 403
    assert (await delete(url, Authorization=f"token {ADMINISTRATOR_TOKEN}"))[0] == 204
    assert (await watching)[-1]["phase"] == "failed"


async def test_builds_can_be_looked_back_at(
    binder: BinderProcess, git_server: GitServer, gate: Gate
) -> None:
    repo = git_server.repo("looked-back-at", {"Dockerfile": waits_at(gate)})
    watching = asyncio.create_task(binder.launch(repo.spec))
    await asyncio.to_thread(gate.wait_until_reached)

    running = await _newest(binder, repo.url)
    assert (running["state"], running["size"]) == ("running", None)
    log_url = f"{binder.url}api/builds/{running['name']}/log"
    following = asyncio.create_task(get(f"{log_url}?follow"))
    gate.open()
    events = await watching
    status, followed = await following

    built = await _newest(binder, repo.url)
    assert built == {
        **running,
        "state": "built",
        "duration": built["duration"],
        "started": built["started"],
        "size": int(docker("image", "inspect", "--format={{.Size}}", built["image"])),
    }
    assert built["image"] == events[-1]["image"]
    assert (built["provider"], f"git/{built['spec']}", built["ref"]) == (
        "git",
        repo.spec,
        repo.commit,
    )
    assert status == 200
    assert "past the gate" in followed
    assert (await get(log_url)) == (200, followed)
    first = next(event for event in events if "build" in event)
    assert first["build"] == built["name"]
    assert (await get(f"{binder.url}api/builds/nonsense/log"))[0] == 404


async def _newest(binder: BinderProcess, repo_url: str) -> dict[str, object]:
    _, text = await get(f"{binder.url}api/builds")
    return next(build for build in json.loads(text) if build["repo"] == repo_url)


async def test_a_crowd_watches_one_build_and_one_of_them_never_reads(
    binder: BinderProcess, git_server: GitServer, gate: Gate
) -> None:
    lines = waits_at(gate, "for i in $(seq 400); do echo counted $i; done")
    repo = git_server.repo("crowd", {"Dockerfile": lines})
    silent = socket.create_connection(("127.0.0.1", binder.port))
    silent.sendall(
        f"GET /build/{repo.spec} HTTP/1.1\r\nHost: 127.0.0.1:{binder.port}\r\n"
        "Accept: text/event-stream\r\n\r\n".encode()
    )

    async def watch() -> list[int]:
        counted = []
        async for event in binder.stream(repo.spec):
            found = re.search(r"counted (\d+)$", event["message"].strip())
            if found:
                counted.append(int(found[1]))
            if event["phase"] == "built":
                return counted
        raise AssertionError(f"ended with {event}")

    crowd = [asyncio.create_task(watch()) for _ in range(WATCHERS)]
    await asyncio.to_thread(gate.wait_until_reached)
    await _watched_by(binder, WATCHERS + 1)
    gate.open()
    seen = await asyncio.gather(*crowd)
    silent.close()

    assert all(counted == list(range(1, 401)) for counted in seen)


async def _watched_by(binder: BinderProcess, count: int) -> None:
    """Wait until so many streams have reached the server."""
    async with asyncio.timeout(60):
        while True:
            _, text = await get(f"{binder.url}metrics")
            found = re.search(r"^binderhub_inprogress_builds (\d+)", text, re.MULTILINE)
            if found and int(found[1]) >= count:
                return
            await asyncio.sleep(0.1)


@pytest.fixture
def instant(tmp_path: Path) -> Iterator[BinderProcess]:
    """An instance whose builds do nothing, at once."""
    import_tiny_builders()
    process = BinderProcess(
        tmp_path,
        config=(
            f"c.BinderHub.build_image = {QUICK!r}\n"
            "c.BinderHub.enable_api_only_mode = True\n"
            "c.BinderHub.image_prefix = 'instant-'\n"
        ),
    )
    yield process.wait_until_ready()
    process.stop()
    names = docker("images", "--format={{.Repository}}:{{.Tag}}", "instant-*").split()
    if names:
        docker("rmi", "--force", *names)


async def test_many_builds_one_after_another_leave_nothing_behind(
    instant: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("many")
    commits = [repo.add({}) for _ in range(BUILDS)]
    for commit in commits[:10]:  # what is made once is made now
        await instant.launch(f"git/{repo.escaped}/{commit}", build_only="true")
    process = psutil.Process(instant.process.pid)
    before = _holds(process)

    for commit in commits[10:]:
        events = await instant.launch(f"git/{repo.escaped}/{commit}", build_only="true")
        assert events[-1]["phase"] == "ready"

    # A few come and go; what each build left would be fifty.
    after = _holds(process)
    assert after["files"] <= before["files"] + 10
    assert after["docker"] <= before["docker"] + 5
    assert after["threads"] <= before["threads"] + 6
    assert after["bytes"] <= before["bytes"] * 1.2
    assert instant.containers("build") == []


def _holds(process: psutil.Process) -> dict[str, int]:
    return {
        "files": process.num_fds(),
        "docker": len(process.net_connections(kind="unix")),
        "threads": process.num_threads(),
        "bytes": process.memory_info().rss,
    }
