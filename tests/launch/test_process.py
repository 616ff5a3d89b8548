"""Children that outlive us, are found again, and leave nothing when they are stopped."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from binderhub_lite.launch.process import ChildProcess, last_lines

STUBBORN = 'trap "" TERM; sleep 60 & echo child $!; while :; do sleep 60 & wait $!; done'

Start = Callable[[str], Awaitable[ChildProcess]]


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "child.log"


@pytest.fixture
async def start(log_file: Path) -> AsyncIterator[Start]:
    started: list[ChildProcess] = []

    async def start(script: str) -> ChildProcess:
        environment = {"PATH": os.environ["PATH"], "GREETING": "hello"}
        started.append(await ChildProcess.start(["sh", "-c", script], environment, log_file))
        return started[-1]

    yield start
    for process in started:
        await process.stop(0)


async def output(log_file: Path, text: str) -> str:
    """What a child has printed, as soon as `text` is in it."""
    async with asyncio.timeout(5):
        while text not in last_lines(log_file, 100):
            await asyncio.sleep(0.01)
    return last_lines(log_file, 100)


async def test_a_child_runs_in_a_session_of_its_own_with_its_output_in_a_file(
    start: Start, log_file: Path
) -> None:
    child = await start("echo $GREETING; echo trouble >&2; exec sleep 60")

    assert await output(log_file, "trouble") == "hello\ntrouble"
    assert child.running
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


async def test_a_child_is_found_again_by_its_record(start: Start) -> None:
    child = await start("exec sleep 60")

    found = ChildProcess.from_record(child.record)

    assert found == child
    assert found is not None
    assert found.running


async def test_another_process_of_the_same_pid_is_not_taken_for_it(start: Start) -> None:
    child = await start("exec sleep 60")
    earlier = {**child.record, "created": child.created - 100}

    assert ChildProcess.from_record(earlier) is None
    await ChildProcess(child.pid, child.created - 100).stop(0)
    assert child.running


@pytest.mark.parametrize("record", [None, {}, {"pid": 1}, {"pid": "x", "created": 1}, "nonsense"])
def test_a_record_that_says_nothing_finds_nothing(record: object) -> None:
    assert ChildProcess.from_record(record) is None


async def test_a_child_that_ended_is_noticed_and_leaves_no_zombie(start: Start) -> None:
    child = await start("exit 3")

    async with asyncio.timeout(5):
        await child.ended()

    assert not child.running
    assert ChildProcess.from_record(child.record) is None
    assert not psutil.pid_exists(child.pid)


async def test_stopping_asks_first(start: Start, log_file: Path) -> None:
    child = await start('trap "echo bye; exit" TERM; echo up; while :; do sleep 0.05; done')
    await output(log_file, "up")

    await child.stop()

    assert last_lines(log_file) == "up\nbye"
    assert not child.running


async def test_who_does_not_listen_is_killed_with_all_its_children(
    start: Start, log_file: Path
) -> None:
    child = await start(STUBBORN)
    grandchild = int((await output(log_file, "child")).split()[1])
    began = time.monotonic()

    await child.stop(0.3)

    assert 0.3 <= time.monotonic() - began < 3
    assert not child.running
    assert not psutil.pid_exists(grandchild)


async def test_stopping_twice_is_fine(start: Start) -> None:
    child = await start("exec sleep 60")
    await child.stop()
    await child.stop()

    assert not child.running


async def test_a_program_that_is_missing_is_an_error_at_once(log_file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await ChildProcess.start(["/no/such/program"], {}, log_file)


def test_the_last_lines_explain_an_end(log_file: Path) -> None:
    assert last_lines(log_file) == ""
    log_file.write_bytes(b"one\ntwo\nthree \xff\n\n")
    assert last_lines(log_file, 2) == "two\nthree \ufffd"
