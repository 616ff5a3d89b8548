"""The whole way over the event stream: a repository in, a running server out."""

import asyncio
import json
import time
from pathlib import Path

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, docker, docker_events, get

ORDER = ["waiting", "fetching", "building", "built", "launching", "ready"]


def phases(events: list[dict[str, str]]) -> list[str]:
    """The phases in the order of their first event; lines of no known phase left out."""
    return list(dict.fromkeys(event["phase"] for event in events if event["phase"] != "unknown"))


async def test_a_new_repository_is_built_and_launched(
    binder: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("fresh")
    events = await binder.launch(repo.spec)

    assert phases(events) == ORDER
    assert all(event["message"].endswith(("\n", "\r")) for event in events)
    built = next(event for event in events if event["phase"] == "built")
    assert built["imageName"].endswith(f":{repo.commit}")
    ready = events[-1]
    assert ready["url"].startswith(f"{binder.origin}/jupyter/user/")
    assert ready["url"].endswith("/")
    assert ready["image"] == built["imageName"]
    assert ready["repo_url"] == repo.url
    assert ready["binder_launch_host"] == binder.url
    assert ready["binder_request"] == f"v2/{repo.spec}"
    assert ready["binder_persistent_request"] == f"v2/git/{repo.escaped}/{repo.commit}"
    assert ready["binder_client_ip"] == "127.0.0.1"

    status, _ = await get(f"{ready['url']}api/status?token={ready['token']}")
    assert status == 200
    status, _ = await get(f"{ready['url']}api/status")
    assert status == 403


async def test_the_server_knows_where_it_came_from_and_nothing_of_the_hub(
    binder: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("environment")
    ready = (await binder.launch(repo.spec))[-1]

    container = json.loads(docker("inspect", _container_of(binder, ready["image"])))[0]
    environment = dict(line.split("=", 1) for line in container["Config"]["Env"])
    binders = {name: value for name, value in environment.items() if name.startswith("BINDER_")}
    assert binders == {
        "BINDER_REPO_URL": repo.url,
        "BINDER_REF_URL": repo.url,
        "BINDER_LAUNCH_HOST": binder.url,
        "BINDER_REQUEST": f"v2/{repo.spec}",
        "BINDER_PERSISTENT_REQUEST": f"v2/git/{repo.escaped}/{repo.commit}",
        "BINDER_CLIENT_IP": "127.0.0.1",
    }
    assert not [name for name in environment if name.startswith(("JUPYTERHUB_", "JPY_"))]


async def test_a_server_is_shut_in(binder: BinderProcess, git_server: GitServer) -> None:
    ready = (await binder.launch(git_server.repo("shut-in").spec))[-1]

    container = json.loads(docker("inspect", _container_of(binder, ready["image"])))[0]
    host = container["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["PidsLimit"] == 1024
    assert not host["Binds"]
    published = container["NetworkSettings"]["Ports"]["8888/tcp"]
    assert [port["HostIp"] for port in published] == ["127.0.0.1"]
    assert list(container["NetworkSettings"]["Networks"]) == [f"binderhub-lite-{binder.namespace}"]


async def test_the_second_request_finds_the_image(
    binder: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("twice")
    first = await binder.launch(repo.spec)
    second = await binder.launch(repo.spec)

    assert phases(second) == ["waiting", "built", "launching", "ready"]
    built = next(event for event in second if event["phase"] == "built")
    assert built["message"] == "Found built image, launching...\n"
    assert second[-1]["url"] != first[-1]["url"]


async def test_ten_at_once_share_one_build_and_get_ten_servers(
    binder: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("ten-at-once")
    started = time.time()
    streams = await asyncio.gather(*(binder.launch(repo.spec) for _ in range(10)))

    assert [events[-1]["phase"] for events in streams] == ["ready"] * 10
    assert len({events[-1]["url"] for events in streams}) == 10
    created = docker_events(
        started,
        time.time(),
        "event=create",
        f"label=binderhub-lite.namespace={binder.namespace}",
        "label=binderhub-lite.component=build",
    )
    assert len(list(created)) == 1
    for events in streams:
        status, _ = await get(f"{events[-1]['url']}api/status?token={events[-1]['token']}")
        assert status == 200


async def test_a_directory_is_launched_without_git(binder: BinderProcess) -> None:
    folder = binder.folder / "shared" / "plain folder"
    folder.mkdir()
    (folder / "Dockerfile").write_text(
        "FROM binderhub-lite/singleuser\nCOPY --chown=jovyan . /home/jovyan/\n"
    )
    (folder / "notes.txt").write_text("first")
    first = await binder.launch("local/plain%20folder")
    (folder / "notes.txt").write_text("second")
    second = await binder.launch("local/plain%20folder")

    assert first[-1]["image"] != second[-1]["image"]
    url = f"{second[-1]['url']}api/contents/notes.txt?token={second[-1]['token']}"
    assert json.loads((await get(url))[1])["content"] == "second"


async def test_a_client_sees_the_address_that_it_used(
    binder: BinderProcess, git_server: GitServer, bridge_address: str
) -> None:
    """Links work from another machine: the origin is the one of the request."""
    repo = git_server.repo("from-elsewhere")
    elsewhere = f"http://{bridge_address}:{binder.port}/"
    from ..support.instance import stream

    events = [event async for event in stream(f"{elsewhere}build/{repo.spec}")]
    assert events[-1]["url"].startswith(f"{elsewhere}jupyter/user/")
    assert events[-1]["binder_launch_host"] == elsewhere


async def test_no_build_container_is_left(binder: BinderProcess, git_server: GitServer) -> None:
    await binder.launch(git_server.repo("tidy").spec)
    assert binder.containers("build") == []


def _container_of(binder: BinderProcess, image: str) -> str:
    names = docker(
        "ps",
        "--format={{.Names}}",
        f"--filter=ancestor={image}",
        f"--filter=label=binderhub-lite.namespace={binder.namespace}",
    )
    return names.split()[0]


def test_the_data_directory_is_ours_alone(binder: BinderProcess) -> None:
    data: Path = binder.folder / "data"
    assert data.stat().st_mode & 0o777 == 0o700
