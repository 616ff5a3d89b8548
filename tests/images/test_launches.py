"""When images were last launched is not forgotten."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from binderhub_lite.images import LaunchTimes
from binderhub_lite.images.launches import KEPT
from binderhub_lite.launch.data_dir import DataDir

from .conftest import DISK, SmallDocker

RECORD_AND_DIE = """
import os, signal, sys
from binderhub_lite.images import LaunchTimes
from binderhub_lite.launch.data_dir import DataDir
LaunchTimes(DataDir(sys.argv[1])).record("image:1")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_launch_is_remembered_by_the_next_process(data_dir: DataDir) -> None:
    before = time.time()
    died = subprocess.run([sys.executable, "-c", RECORD_AND_DIE, data_dir.path], check=False)

    assert died.returncode == -9
    launches = LaunchTimes(data_dir)
    assert before <= (launches.last("image:1") or 0) <= time.time()
    assert launches.last("another:1") is None


@pytest.mark.parametrize("content", ["", '{"a:1": 1', "[]", '{"a:1": "yesterday"}'])
def test_a_broken_file_counts_for_nothing(data_dir: DataDir, content: str) -> None:
    (data_dir.path / "launches.json").write_text(content)
    launches = LaunchTimes(data_dir)

    assert launches.last("a:1") is None
    launches.record("a:1")
    assert LaunchTimes(data_dir).last("a:1") is not None


def test_the_file_does_not_grow_for_ever(data_dir: DataDir) -> None:
    data_dir.write("launches.json", {f"image:{number}": number for number in range(1, KEPT + 1)})
    launches = LaunchTimes(data_dir)

    launches.record("newest:1")

    assert len(data_dir.read("launches.json")) == KEPT
    assert launches.last("image:1") is None
    assert launches.last("image:2") == 2
    assert launches.last("newest:1") is not None


def test_a_full_disk_does_not_hinder_a_launch(
    small: SmallDocker, caplog: pytest.LogCaptureFixture
) -> None:
    data_dir = DataDir(small.daemon.data_root)
    launches = LaunchTimes(data_dir)
    launches.record("early:1")
    with pytest.raises(OSError, match="No space left"):
        small.fill(DISK)

    launches.record("late:1")

    assert launches.last("late:1") is not None
    assert "late:1 could not be noted" in caplog.text
    assert LaunchTimes(data_dir).last("early:1") is not None


def test_launches_from_the_command_line_count_too(tmp_path: Path) -> None:
    (tmp_path / "launch-0").mkdir()
    DataDir(tmp_path).write("launches.json", {"both:1": 10, "server:1": 11})
    DataDir(tmp_path / "launch-0").write("launches.json", {"both:1": 12, "laptop:1": 13})

    launches = LaunchTimes.of_directories(tmp_path)

    assert [launches.last(f"{name}:1") for name in ("both", "server", "laptop")] == [12, 11, 13]

    DataDir(tmp_path).write("launches.json", {"server:1": 14})
    launches.refresh()

    assert [launches.last(f"{name}:1") for name in ("both", "server")] == [12, 14]
