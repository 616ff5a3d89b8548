"""Starting, stopping and being killed: nothing is lost, and nothing is left."""

import asyncio
import contextlib
import signal
from pathlib import Path

import aiohttp
import psutil
import pytest

from ..support.firewall import jumps, rules
from ..support.gate import Gate
from ..support.git_server import DOCKERFILE, GitServer
from ..support.instance import PROGRAM, BinderProcess, Running, docker, get

PATIENT = "c.Launcher.retry_delay = 1\nc.Launcher.retries = 6\n"
SLOW_TO_START = DOCKERFILE + 'ENTRYPOINT ["sh", "-c", "sleep 5; exec \\"$@\\"", "slow"]\n'


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running()]


async def status_of(server: dict[str, str]) -> int:
    return (await get(f"{server['url']}api/status?token={server['token']}"))[0]


async def test_ctrl_c_takes_everything_down(
    tmp_path: Path, git_server: GitServer, gate: Gate
) -> None:
    binder = BinderProcess(tmp_path).wait_until_ready()
    await binder.launch(git_server.repo("ctrl-c").spec)
    building = asyncio.create_task(
        binder.launch(git_server.repo("ctrl-c-build", {"Dockerfile": _waits_at(gate)}).spec)
    )
    await asyncio.to_thread(gate.wait_until_reached)
    assert len(binder.containers("build")) == 1
    children = binder.children()
    assert len(children) >= 2

    status = await asyncio.to_thread(binder.stop, signal.SIGINT)
    await asyncio.gather(building, return_exceptions=True)

    assert status == 0
    assert running(children) == []
    assert binder.containers("build") == []
    assert binder.containers("server") == []
    assert f"binderhub-lite-{binder.namespace}" not in docker("network", "ls")
    assert rules(binder.namespace) == {}


async def test_after_sigterm_servers_are_there_for_the_next_start(
    tmp_path: Path, git_server: GitServer
) -> None:
    first = BinderProcess(tmp_path).wait_until_ready()
    server = (await first.launch(git_server.repo("sigterm").spec))[-1]
    children = first.children()

    assert await asyncio.to_thread(first.stop, signal.SIGTERM) == 0
    assert running(children) == []
    assert len(first.containers("server")) == 1
    assert jumps(first.namespace), "who runs on must stay isolated"

    second = BinderProcess(tmp_path, port=first.port).wait_until_ready()
    assert await _becomes_200(server)
    second.stop()


async def _becomes_200(server: dict[str, str]) -> bool:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(aiohttp.ClientError):  # the proxy is on its way back
                if await status_of(server) == 200:
                    return True
            await asyncio.sleep(0.2)


async def test_after_kill_9_a_new_start_takes_over_and_servers_never_stop_answering(
    tmp_path: Path, git_server: GitServer
) -> None:
    first = BinderProcess(tmp_path).wait_until_ready()
    repo = git_server.repo("kill-9")
    server = (await first.launch(repo.spec))[-1]
    answers: set[int] = set()

    async def work() -> None:
        while True:
            answers.add(await status_of(server))
            await asyncio.sleep(0.02)

    working = asyncio.create_task(work())
    children = first.children()
    first.process.kill()
    await asyncio.to_thread(first.process.wait)
    assert len(running(children)) == len(children), "the person's way to their server must stay"

    second = await asyncio.to_thread(BinderProcess(tmp_path, port=first.port).wait_until_ready)
    again = (await second.launch(repo.spec))[-1]
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert answers == {200}
    assert await status_of(again) == 200
    hubs = [process for process in children if "jupyterhub" in " ".join(_command(process))]
    assert running(hubs) == []

    everything = [*children, *second.children()]
    await asyncio.to_thread(second.stop)
    assert running(everything) == []


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(process.cmdline())
    return []


def _waits_at(gate: Gate) -> str:
    return f"FROM binderhub-lite/singleuser\n{gate.dockerfile_line}RUN echo past the gate\n"


async def test_a_build_goes_on_while_the_server_restarts(
    tmp_path: Path, git_server: GitServer, gate: Gate
) -> None:
    repo = git_server.repo("restart", {"Dockerfile": _waits_at(gate)})
    first = BinderProcess(tmp_path).wait_until_ready()
    watching = asyncio.create_task(first.launch(repo.spec))
    await asyncio.to_thread(gate.wait_until_reached)
    first.process.kill()
    await asyncio.gather(watching, return_exceptions=True)
    (container,) = first.containers("build")

    second = await asyncio.to_thread(BinderProcess(tmp_path, port=first.port).wait_until_ready)
    assert second.containers("build") == [container]
    events = []
    async for event in second.stream(repo.spec):
        events.append(event)
        if "at the gate" in event["message"]:
            gate.open()
    await asyncio.to_thread(second.stop)
    assert events[-1]["phase"] == "ready"
    assert any("past the gate" in event["message"] for event in events)


async def test_a_hub_or_a_proxy_that_dies_in_the_middle_of_a_launch(
    tmp_path: Path, git_server: GitServer
) -> None:
    """Who waits gets their server from the next hub; who works notices nothing."""
    binder = BinderProcess(tmp_path, config=PATIENT).wait_until_ready()
    working = (await binder.launch(git_server.repo("works").spec))[-1]
    hub, culler = _child(binder, "jupyterhub_config"), _child(binder, "culler.py")
    slow = git_server.repo("slow", {"Dockerfile": SLOW_TO_START})
    answers: set[int] = set()
    events = []
    async for event in binder.stream(slow.spec):
        events.append(event)
        if event["phase"] == "launching" and hub.is_running():
            async with asyncio.timeout(60):
                while len(binder.containers("server")) == 1:
                    await asyncio.sleep(0.1)
            hub.kill()
            hub.wait(10)
        answers.add(await status_of(working))
    assert events[-1]["phase"] == "ready", events[-1]
    assert await status_of(events[-1]) == 200
    assert answers == {200}
    assert len(binder.containers("server")) == 2
    async with asyncio.timeout(30):  # it goes with its hub
        while culler.is_running() and culler.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.2)

    # Who watches through a proxy that dies is cut off at once, and can come again.
    with pytest.raises(aiohttp.ClientError):
        await _kill_while_launching(binder, slow.spec, "configurable-http-proxy")
    assert await _becomes_200(working)
    async with asyncio.timeout(60):
        while not await _launches(binder, slow.spec):
            await asyncio.sleep(0.5)
    await asyncio.to_thread(binder.stop)


async def _kill_while_launching(binder: BinderProcess, spec: str, name: str) -> None:
    async for event in binder.stream(spec):
        if event["phase"] == "launching":
            _child(binder, name).kill()


def _child(binder: BinderProcess, name: str) -> psutil.Process:
    (child,) = [child for child in binder.children() if name in " ".join(_command(child))]
    return child


async def _launches(binder: BinderProcess, spec: str) -> bool:
    try:
        return (await binder.launch(spec))[-1]["phase"] == "ready"
    except Exception:
        return False


async def test_two_instances_side_by_side(tmp_path: Path, git_server: GitServer) -> None:
    one, two = BinderProcess(tmp_path / "one"), BinderProcess(tmp_path / "two")
    one.wait_until_ready()
    two.wait_until_ready()
    repo = git_server.repo("two")
    launched = await asyncio.gather(one.launch(repo.spec), two.launch(repo.spec))
    servers = [events[-1] for events in launched]
    assert [await status_of(server) for server in servers] == [200, 200]

    await asyncio.to_thread(one.stop)
    assert await status_of(servers[1]) == 200
    await asyncio.to_thread(two.stop)


def test_a_data_directory_serves_one_instance(tmp_path: Path) -> None:
    binder = BinderProcess(tmp_path).wait_until_ready()
    other = BinderProcess(tmp_path)
    assert other.process.wait(30) == 1
    assert "Another binderhub-lite runs with the data directory" in other.output
    binder.stop()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    binder = BinderProcess(tmp_path / "one").wait_until_ready()
    other = BinderProcess(tmp_path / "two", port=binder.port)
    assert other.process.wait(30) == 1
    other.wait_for_line(f"Port {binder.port} is taken by another program")
    assert other.children_left() == []
    binder.stop()


def test_without_docker_it_says_what_was_tried(tmp_path: Path) -> None:
    socket = tmp_path / "docker.sock"
    run = Running([*PROGRAM, f"--BinderHub.build_docker_host={socket}", f"--data-dir={tmp_path}"])
    assert run.process.wait(30) == 1
    run.wait_for_line(f"No Docker daemon answers at {socket}")
    assert "start Docker, or point c.BinderHub.build_docker_host at its socket." in run.output


def test_a_configuration_of_the_hub_that_is_wrong(tmp_path: Path) -> None:
    binder = BinderProcess(tmp_path, config="c.JupyterHub.authenticator_class = 'nonsense'\n")
    assert binder.process.wait(60) == 1
    assert "JupyterHub did not start:" in binder.output
    assert binder.children_left() == []
