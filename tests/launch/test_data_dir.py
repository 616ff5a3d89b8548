"""The directory of one instance."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from binderhub_lite.events import BinderError
from binderhub_lite.launch.data_dir import DataDir

HOLD_AND_DIE = """
import os, signal, sys
from binderhub_lite.launch.data_dir import DataDir
DataDir(sys.argv[1]).open()
os.kill(os.getpid(), signal.SIGKILL)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    for path in (tmp_path / "new" / "data", tmp_path / "there"):
        data_dir = DataDir(path)
        data_dir.open()
        assert mode(path) == 0o700
        data_dir.close()


def test_one_instance_keeps_others_out_until_it_is_closed(data_dir: DataDir) -> None:
    other = DataDir(data_dir.path)

    with pytest.raises(BinderError, match=r"Another binderhub-lite runs .*data_dir"):
        other.open()

    data_dir.close()
    other.open()
    other.close()


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", HOLD_AND_DIE, str(tmp_path)], check=False)
    assert died.returncode == -9

    data_dir = DataDir(tmp_path)
    data_dir.open()
    data_dir.close()


def test_a_child_does_not_inherit_the_lock(data_dir: DataDir) -> None:
    """Else a proxy that outlives us would keep the next start out."""
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    data_dir.close()

    other = DataDir(data_dir.path)
    other.open()
    other.close()
    child.kill()
    child.wait()


def test_a_directory_that_cannot_be_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BinderError, match=r"cannot be used \(Not a directory\): set .*data_dir"):
        DataDir(tmp_path / "file" / "data").open()


def test_home_may_be_written_as_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert DataDir("~/data").path == tmp_path / "data"


def test_what_is_written_is_read_by_us_alone(data_dir: DataDir) -> None:
    before = os.umask(0)
    try:
        path = data_dir.write("secrets.json", {"secret": "ü"})
    finally:
        os.umask(before)

    assert data_dir.read("secrets.json") == {"secret": "ü"}
    assert mode(path) == 0o600
    data_dir.write("secrets.json", {"secret": "new"})
    assert data_dir.read("secrets.json") == {"secret": "new"}
    assert [file.name for file in data_dir.path.glob("secrets*")] == ["secrets.json"]


@pytest.mark.parametrize("content", [None, "", '{"cut": ', "[1]", "\xff"])
def test_a_file_that_is_missing_or_cut_short_is_empty(
    data_dir: DataDir, content: str | None
) -> None:
    if content is not None:
        (data_dir.path / "record.json").write_bytes(content.encode("latin-1"))

    assert data_dir.read("record.json") == {}


def test_a_log_begins_anew_when_it_has_grown_large(data_dir: DataDir) -> None:
    path = data_dir.log_file("hub")
    assert mode(path) == 0o600
    path.write_text("kept")
    assert data_dir.log_file("hub").read_text() == "kept"

    with path.open("w") as log:
        log.truncate(10_000_001)
    assert data_dir.log_file("hub").read_text() == ""
    assert path.with_suffix(".log.old").stat().st_size == 10_000_001
