"""`binderhub-lite images` and `binderhub-lite prune`, as people use them."""

import os
import pty
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from binderhub_lite.launch.data_dir import DataDir
from binderhub_lite.launch.slots import namespace_of

from ..support.instance import PROGRAM
from .conftest import MB, NAMESPACE, SmallDocker, hours_ago

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(small: SmallDocker, data_dir: DataDir, tmp_path: Path) -> dict[str, str]:
    config = tmp_path / "binderhub_config.py"
    config.write_text(f"c.BinderHub.data_dir = {str(data_dir.path)!r}\n")
    return {**os.environ, "DOCKER_HOST": small.daemon.url, "BUILD_NAMESPACE": NAMESPACE}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    def run(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*before, *PROGRAM, *arguments]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run


def lines(result: subprocess.CompletedProcess[str]) -> list[str]:
    """What a command that went well has said."""
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """What a command that gave up has said."""
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    return line


def test_elsewhere_than_in_a_terminal_each_image_is_one_line(
    small: SmallDocker, data_dir: DataDir, run: Run
) -> None:
    small.image("old", 3, ref="a" * 40)
    small.docker("create", small.image("used", 3), "/content")
    small.image("not-ours", 3, namespace="other")
    long_url = f"https://example.org/{'long/' * 40}"
    small.image("new", 3, repo_url=long_url)
    data_dir.write("launches.json", dict(hours_ago(old=48, used=24, new=0.01)))

    yesterday = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - 24 * 3600))
    heading, *rows = [line.split("\t") for line in lines(run("images"))]

    assert heading == ["Repository", "Ref", "Size", "Last launched", "In use"]
    assert [row[0] for row in rows] == [
        long_url,
        "https://example.org/used",
        "https://example.org/old",
    ]
    assert [row[1] for row in rows] == ["1", "1", "a" * 40]
    assert {row[2] for row in rows} == {"3.1 MB"}
    assert rows[1][3] == yesterday
    assert [row[4] for row in rows] == ["launch", "container", ""]


def test_in_a_terminal_it_is_a_table(small: SmallDocker, environment: dict[str, str]) -> None:
    small.image("never-launched", 3, ref="0123456789abcdef")
    ours, theirs = pty.openpty()
    subprocess.run(
        [*PROGRAM, "images"],
        env={**environment, "TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=theirs,
        check=True,
    )
    shown = os.read(ours, 65536).decode()

    heading, row = [line for line in shown.splitlines() if line.strip()]
    assert "Repository" in heading
    assert "\t" not in shown
    for cell in ("https://example.org/never-launched", "0123456789a…", "3.1 MB", "never"):
        assert cell in row


def test_images_of_the_launch_command_are_listed_too(
    small: SmallDocker, data_dir: DataDir, run: Run
) -> None:
    slot = data_dir.path / "launch-3"
    slot.mkdir()
    small.image("laptop", 3, namespace=namespace_of(slot))

    assert lines(run("images"))[1].startswith("https://example.org/laptop\t")


def test_prune_says_what_it_removes_and_how_much_that_frees(
    small: SmallDocker, data_dir: DataDir, run: Run
) -> None:
    for name in ("week", "yesterday", "noon"):
        small.build(name, "FROM scratch\nCOPY content /\n", content=os.urandom(25 * MB))
    data_dir.write("launches.json", dict(hours_ago(week=170, yesterday=24, noon=1)))
    low = "--BinderHub.image_gc_low=20"
    before = small.megabytes_used

    would = lines(run("prune", "--dry-run", low))
    assert small.images == {"week:1", "yesterday:1", "noon:1"}
    assert small.megabytes_used == pytest.approx(before, abs=1)

    did = lines(run("prune", low))
    assert small.images == {"noon:1"}
    assert small.megabytes_used < 40

    assert [line.replace("Would remove", "Removed") for line in would[:-1]] == did[:-2]
    assert [line.split()[1] for line in did[:-2]] == ["week", "yesterday"]
    size = "26.2 MB"
    assert f"week at 1 ({size}, {size} of it shared with no other image, last launched: 2" in did[0]
    # Two images, and for all three what BuildKit keeps of what it copied.
    assert would[-1] == "Would free at least 131.1 MB, unused build cache included."
    assert did[-2] == "Freed 131.1 MB."
    assert did[-1] in ("13 % of the disk are used now.", "14 % of the disk are used now.")


def test_what_only_the_removed_images_share_becomes_free_too(small: SmallDocker, run: Run) -> None:
    base = os.urandom(10 * MB)
    for name in ("one", "two"):
        small.build(name, f"FROM scratch\nCOPY base /\nCOPY {name} /\n", base=base, **{name: b"x"})

    would = lines(run("prune", "--dry-run", "--all"))
    did = lines(run("prune", "--all"))

    # Twice what BuildKit keeps of what it copied, and in the end the layer itself.
    assert would[-1] == "Would free at least 21.0 MB, unused build cache included."
    assert did[-2] == "Freed 31.5 MB."
    assert small.images == set()


def test_prune_leaves_what_is_in_use_or_kept(
    small: SmallDocker, data_dir: DataDir, tmp_path: Path, run: Run
) -> None:
    for name in ("used", "kept", "starting", "free"):
        small.image(name, 3)
    small.docker("create", "used:1", "/content")
    data_dir.write("launches.json", dict(hours_ago(starting=0.01)))
    with (tmp_path / "binderhub_config.py").open("a") as config:
        config.write("c.BinderHub.image_gc_keep = ['org/kept$']\n")

    did = lines(run("prune", "--all"))

    assert small.images == {"used:1", "kept:1", "starting:1"}
    assert did[0].startswith("Removed https://example.org/free at 1 (3.1 MB")
    assert did[-2] == "Freed 3.1 MB."


def test_prune_with_nothing_to_do_says_so(small: SmallDocker, run: Run) -> None:
    image = small.image("safe")

    (line,) = lines(run("prune"))

    assert line.startswith("Nothing to remove: 10 % of the disk are used, and image_gc_low is 60 %")
    assert small.images == {image}


def test_prune_says_when_something_else_fills_the_disk(small: SmallDocker, run: Run) -> None:
    small.image("innocent")
    small.fill(150)

    said = lines(run("prune"))

    assert said[0].startswith("Removed https://example.org/innocent")
    assert said[-1] == "What fills it above 60 % is not for this program to remove."


def test_a_disk_that_cannot_be_seen_takes_all(small: SmallDocker, run: Run, tmp_path: Path) -> None:
    """As where Docker runs in a virtual machine of its own."""
    small.image("old")
    socket = tmp_path / "docker.sock"
    socket.touch()
    folder = small.daemon.folder
    hidden = f"mount --bind {folder}/docker.sock {socket} && mount -t tmpfs none {folder}"
    before = ("unshare", "--mount", "sh", "-c", f'{hidden} && exec env DOCKER_HOST={socket} "$@"')

    refused = sentence(run("prune", before=(*before, "-")))
    assert f"({small.daemon.data_root}) cannot be seen from here" in refused
    assert "--all" in refused
    assert small.images == {"old:1"}

    did = lines(run("prune", "--all", before=(*before, "-")))
    assert did[-1] == "Freed 21.0 MB."
    assert small.images == set()


@pytest.mark.parametrize("command", ["images", "prune"])
def test_without_docker_it_is_one_sentence(small: SmallDocker, run: Run, command: str) -> None:
    small.daemon.stop()

    assert sentence(run(command)).startswith("binderhub-lite: No Docker daemon answers at")


@pytest.mark.parametrize("command", ["images", "prune"])
def test_an_argument_that_means_nothing_is_refused(run: Run, command: str) -> None:
    refused = sentence(run(command, "everything"))

    assert refused.endswith(f"{command} takes no argument such as 'everything'.")


def test_settings_that_make_no_sense_are_one_sentence(run: Run) -> None:
    refused = sentence(run("prune", "--BinderHub.image_gc_low=90"))

    assert refused == "binderhub-lite: image_gc_low (90) must be below image_gc_high (80)."
