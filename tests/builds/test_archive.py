"""The logs that are kept: whole, readable while they grow, gone after their time."""

import asyncio
import gzip
import os
import time
from pathlib import Path

import pytest

from binderhub_lite.builds import Builds, BuildSettings, LogArchive
from binderhub_lite.builds.archive import BuildRecord
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.events import BinderError
from binderhub_lite.options import BuildOptions

from ..support.gate import Gate
from .conftest import MakeBuilds, SharedFolder
from .watching import COUNTING, TINY, failure, follow, follow_until


def record(name: str, *, ended_days_ago: float = 0) -> BuildRecord:
    ended = time.time() - ended_days_ago * 24 * 3600
    return BuildRecord(name, "git", "x/HEAD", "git://x", "1", "built", ended - 5, 5, "x:1", 1)


async def text(archive: LogArchive, name: str) -> str:
    return b"".join([piece async for piece in archive.reader(name).pieces()]).decode()


def last_written(folder: Path, name: str, *, days_ago: float) -> None:
    then = time.time() - days_ago * 24 * 3600
    for file in folder.glob(f"{name}.*"):
        os.utime(file, times=(then, then))


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
        last_written(tmp_path, name, days_ago=days)
    archive.expire()
    assert [one.name for one in archive.records()] == ["new"]
    assert [archive.has_log(name) for name in ("old", "new")] == [False, True]


async def test_what_a_killed_process_left_goes_too_but_no_log_of_a_build_that_runs(
    tmp_path: Path,
) -> None:
    archive = LogArchive(tmp_path, days=14)
    for name in ("left", "running"):
        archive.begin(name)
        last_written(tmp_path, name, days_ago=15)
    archive.expire({"running"})
    assert [archive.has_log(name) for name in ("left", "running")] == [False, True]


async def test_a_log_that_ends_while_somebody_reads_it_ends_well(tmp_path: Path) -> None:
    writer = LogArchive(tmp_path).begin("ending")
    await writer.write("only line\n")
    await asyncio.gather(writer.close(), writer.flush(), writer.close())
    await writer.write("too late\n")
    await writer.flush()
    assert await text(LogArchive(tmp_path), "ending") == "only line\n"


async def test_a_full_disk_costs_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "full.log.gz").symlink_to("/dev/full")
    archive = LogArchive(tmp_path)
    writer = archive.begin("full")
    for _ in range(3):
        await writer.write("a line\n")
        await writer.flush()
    await writer.close()
    (complaint,) = caplog.messages
    assert complaint.startswith("The log of a build cannot be kept: [Errno 28] No space left")


async def test_a_build_goes_well_where_no_log_can_be_kept(
    daemon: DockerDaemon, folder: SharedFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").write_text("a file, and no folder")
    settings = BuildSettings(BuildOptions().build_image, image_prefix=f"{daemon.namespace}-")
    builds = Builds(daemon, settings, LogArchive(tmp_path / "logs"))
    repo = await folder.repo(TINY)

    await follow(builds, repo)

    assert await builds.has_image(builds.image_of(repo))
    assert await builds.records() == []
    assert len(caplog.messages) == 2
    assert all("cannot be kept: [Errno 20] Not a directory" in line for line in caplog.messages)


async def test_a_log_that_is_damaged_is_read_as_far_as_it_goes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive = LogArchive(tmp_path)
    writer = archive.begin("damaged")
    await writer.write("readable\n")
    await writer.flush()
    reader = archive.reader("damaged")
    assert [piece async for piece in reader.pieces()] == [b"readable\n"]
    with (tmp_path / "damaged.log.gz").open("ab") as file:
        file.write(b"\xff" * 100)
    assert [[piece async for piece in reader.pieces()] for _ in range(2)] == [[], []]
    (complaint,) = caplog.messages
    assert "cannot be read to its end" in complaint


def test_a_record_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    archive = LogArchive(tmp_path)
    archive.end(record("whole"))
    (tmp_path / "cut.json").write_text('{"name": "cu')
    assert [one.name for one in archive.records()] == ["whole"]


@pytest.mark.parametrize("name", ["", "../secrets", "/etc/passwd", ".hidden", "a/b", "x" * 300])
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

    failed, built = await builds.records()
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
    (running,) = await builds.records()
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


async def test_the_log_of_a_build_can_be_followed_from_the_queue_on(
    make_builds: MakeBuilds, folder: SharedFolder, gate: Gate
) -> None:
    builds = make_builds(concurrent_limit=1)
    first = builds.build(
        await folder.repo(f"FROM binderhub-lite/singleuser\n{gate.dockerfile_line}", "first")
    )
    await follow_until(first, "at the gate")
    second = builds.build(await folder.repo(COUNTING, "second"))
    await follow_until(second, "1 build ahead of yours")
    (name,) = [record.name for record in await builds.records() if record.state == "queued"]
    with pytest.raises(BinderError, match="waits for its turn: it has no log yet") as refused:
        await anext(builds.log_text(name, follow=False))
    assert refused.value.status_code == 404

    async def followed() -> bytes:
        return b"".join([piece async for piece in builds.log_text(name, follow=True)])

    following = asyncio.create_task(followed())
    gate.open()
    for watching in (first, second):
        async for _ in watching:
            pass
    assert b"line 8 of 8" in await following
