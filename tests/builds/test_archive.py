"""The logs that are kept: whole, readable while they grow, gone after their time."""

import asyncio
import gzip
import time
from pathlib import Path

import pytest

from binderhub_lite.builds import LogArchive
from binderhub_lite.builds.archive import BuildRecord
from binderhub_lite.events import BinderError

from ..support.gate import Gate
from .conftest import MakeBuilds, SharedFolder
from .watching import COUNTING, failure, follow, follow_until


def record(name: str, *, ended_days_ago: float = 0) -> BuildRecord:
    ended = time.time() - ended_days_ago * 24 * 3600
    return BuildRecord(name, "git", "x/HEAD", "git://x", "1", "built", ended - 5, 5, "x:1", 1)


async def text(archive: LogArchive, name: str) -> str:
    return b"".join([piece async for piece in archive.reader(name).pieces()]).decode()


async def test_a_log_can_be_read_while_it_grows(tmp_path: Path) -> None:
    archive = LogArchive(tmp_path / "logs")
    writer = archive.begin("one")
    reader = archive.reader("one")
    assert [piece async for piece in reader.pieces()] == []
    await writer.write("first\n")
    await writer.flush()
    assert [piece async for piece in reader.pieces()] == [b"first\n"]
    await writer.write("second, without a newline")
    await writer.close()
    assert [piece async for piece in reader.pieces()] == [b"second, without a newline\n"]
    with gzip.open(tmp_path / "logs" / "one.log.gz", "rt") as file:
        assert file.read() == "first\nsecond, without a newline\n"


async def test_a_long_log_is_whole_and_small(tmp_path: Path) -> None:
    archive = LogArchive(tmp_path)
    writer = archive.begin("long")
    lines = [f"line {number} of a long log\n" for number in range(50_000)]
    for line in lines:
        await writer.write(line)
    await writer.close()
    assert await text(archive, "long") == "".join(lines)
    assert (tmp_path / "long.log.gz").stat().st_size < len("".join(lines)) / 4


async def test_old_logs_go_and_newer_ones_stay(tmp_path: Path) -> None:
    archive = LogArchive(tmp_path, days=14)
    for name, days in [("old", 15), ("new", 13)]:
        await archive.begin(name).close()
        archive.end(record(name, ended_days_ago=days))
    archive.expire()
    assert [one.name for one in archive.records()] == ["new"]
    assert [archive.has_log(name) for name in ("old", "new")] == [False, True]


def test_a_record_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    archive = LogArchive(tmp_path)
    archive.end(record("whole"))
    (tmp_path / "cut.json").write_text('{"name": "cu')
    assert [one.name for one in archive.records()] == ["whole"]


@pytest.mark.parametrize("name", ["", "../secrets", "/etc/passwd", ".hidden", "a/b"])
def test_only_logs_are_found_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "secrets.log.gz").write_bytes(b"")
    assert not LogArchive(tmp_path / "logs").has_log(name)


async def test_builds_leave_their_whole_log_and_how_they_ended(
    make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    builds = make_builds(log_tail_lines=1)
    good = await folder.repo(COUNTING, "good")
    bad = await folder.repo("FROM binderhub-lite/singleuser\nRUN exit 4\n", "bad")
    await follow(builds, good)
    sentence = await failure(builds, bad)

    failed, built = builds.records()
    assert (built.state, built.spec, built.image) == ("built", "good", builds.image_of(good))
    assert built.size is not None
    assert built.size > 1_000_000
    assert built.duration > 0.8
    log = b"".join([piece async for piece in builds.log_text(built.name, follow=False)]).decode()
    assert all(f"line {number} of 8" in log for number in range(1, 9))
    assert (failed.state, failed.size) == ("failed", None)
    log = b"".join([piece async for piece in builds.log_text(failed.name, follow=False)]).decode()
    assert log.endswith(f"Failed: {sentence}\n")
    with pytest.raises(BinderError, match="No log of a build named 'nonsense' is kept here"):
        await anext(builds.log_text("nonsense", follow=False))


async def test_a_running_builds_log_can_be_followed_to_its_end(
    make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds = make_builds()
    repo = await folder.repo(
        f"FROM binderhub-lite/singleuser\n{gate.dockerfile_line}RUN echo past the gate\n"
    )
    watching = builds.build(repo)
    await follow_until(watching, "at the gate")
    (running,) = builds.records()
    assert (running.state, running.size) == ("running", None)

    so_far = [piece async for piece in builds.log_text(running.name, follow=False)]
    assert b"at the gate" in b"".join(so_far)

    async def followed() -> bytes:
        return b"".join([piece async for piece in builds.log_text(running.name, follow=True)])

    following = asyncio.create_task(followed())
    gate.open()
    async for _ in watching:
        pass
    whole = await following
    assert b"past the gate" in whole
    assert whole == b"".join([piece async for piece in builds.log_text(running.name, follow=False)])
