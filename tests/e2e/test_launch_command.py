"""`binderhub-lite launch`: the laptop's one command, as people use it."""

import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from binderhub_lite.conventions import LABEL_NAMESPACE
from binderhub_lite.launch.slots import namespace_of
from binderhub_lite.launch_command import destination

from ..support.git_server import DOCKERFILE, GitServer
from ..support.instance import NAMESPACES, PROGRAM, Running, docker, get

pytestmark = pytest.mark.usefixtures("alone_on_the_default_bridge")

READY = re.compile(r"Ready: (http://127\.0\.0\.1:\d+/jupyter/user/[^/]+/)(\S*)\?token=(\S+)")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose data directories are the test's own."""
    home = {"XDG_DATA_HOME": str(tmp_path / "home")}
    NAMESPACES.add(namespace(home))
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / f"work {time.time():.0f}"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "hello.txt").write_text(str(tmp_path))
    return folder


def launch(home: dict[str, str], *arguments: str, cwd: Path | None = None) -> Running:
    return Running([*PROGRAM, "launch", *arguments], home, cwd=cwd)


def namespace(home: dict[str, str]) -> str:
    return namespace_of(Path(home["XDG_DATA_HOME"]) / "binderhub-lite" / "launch-0")


def containers(home: dict[str, str]) -> str:
    label = f"--filter=label={LABEL_NAMESPACE}={namespace(home)}"
    return docker("ps", "--all", "--quiet", label)


async def test_a_directory_becomes_a_server_that_ends_with_ctrl_c(
    home: dict[str, str], folder: Path
) -> None:
    run = launch(home, str(folder), "--no-browser")
    line = run.wait_for_line("Ready: ")
    url, opened, token = READY.fullmatch(line).groups()
    assert opened == ""
    assert (await get(f"{url}api/status?token={token}"))[0] == 200
    assert (await get(f"{url}api/status"))[0] == 403
    children = run.children()

    assert run.stop(signal.SIGINT) == 0
    assert [child for child in children if child.is_running()] == []
    assert containers(home) == ""
    assert "[built] Built image, launching..." in run.output

    again = launch(home, str(folder), "--no-browser")
    again.wait_for_line("Found built image")
    again.wait_for_line("Ready: ")
    assert again.stop(signal.SIGTERM) == 0
    assert containers(home) == ""


async def test_a_link_of_another_binderhub_and_a_ref(
    home: dict[str, str], git_server: GitServer
) -> None:
    repo = git_server.repo("command-line")
    first = repo.commit
    repo.add({"later.txt": "later"})
    exception = f"--BinderHub.network_isolation_allow={git_server.address}"
    link = f"https://binder.example/v2/git/{quote(repo.url, safe='')}/main?urlpath=tree/README.md"
    run = launch(home, link, "--ref", first, "--no-browser", exception)
    url, opened, token = READY.fullmatch(run.wait_for_line("Ready: ")).groups()
    assert opened == "tree/README.md"
    assert (await get(f"{url}api/contents/README.md?token={token}"))[0] == 200
    assert (await get(f"{url}api/contents/later.txt?token={token}"))[0] == 404
    run.stop()


def test_a_build_that_fails_is_status_1_and_shows_why(home: dict[str, str], folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM binderhub-lite/singleuser\nRUN echo alas; exit 7\n")
    run = launch(home, ".", "--no-browser", cwd=folder)
    assert run.process.wait(60) == 1
    assert re.search(r"#\d+ [\d.]+ alas", run.output)
    assert "exit code: 7" in run.lines[-1]
    assert " failed: " not in run.lines[-2], "once is enough"
    assert containers(home) == ""


def test_ctrl_c_in_the_middle_of_a_build(home: dict[str, str], folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM binderhub-lite/singleuser\nRUN sleep 1000\n")
    run = launch(home, str(folder), "--no-browser")
    run.wait_for_line("RUN sleep 1000")
    assert run.stop(signal.SIGINT) == 1
    assert containers(home) == ""
    assert not _runs("sleep", "1000"), "the engine's work must end with the build"


def _runs(*command: str) -> bool:
    processes = psutil.process_iter(["cmdline"])
    return any(process.info["cmdline"] == list(command) for process in processes)


def test_ctrl_c_while_the_hub_starts(home: dict[str, str], folder: Path) -> None:
    run = launch(home, str(folder), "--no-browser")
    run.wait_for_line("Starting a hub of our own...")
    while not run.children():
        time.sleep(0.05)
    children = run.children()
    assert run.stop(signal.SIGINT, seconds=10) == 1
    assert [child for child in children if child.is_running()] == []


def test_what_it_cannot_launch(home: dict[str, str], tmp_path: Path) -> None:
    for arguments, sentence in [
        (["no such thing"], "'no such thing' is no directory, and no repository"),
        ([], "Name one repository: binderhub-lite launch REPO"),
        ([str(tmp_path), "--ref", "main"], "A directory is launched as it stands"),
    ]:
        run = launch(home, *arguments)
        assert run.process.wait(30) == 1
        run.wait_for_line(sentence)
        assert len(run.lines) == 1


def test_in_a_terminal_it_shows_live_progress_and_the_last_lines(
    home: dict[str, str], folder: Path
) -> None:
    (folder / "Dockerfile").write_text("FROM binderhub-lite/singleuser\nRUN echo alas; exit 7\n")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "launch", str(folder), "--no-browser"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **home, "TERM": "xterm-256color", "COLUMNS": "100"},
        start_new_session=True,
    )
    os.close(theirs)
    shown = _read_all(ours)
    assert process.wait(60) == 1
    assert "Building the image" in shown
    assert "\x1b[" in shown
    last = shown[shown.rindex("\x1b[?25h") :]  # after the live part has ended
    assert "alas" in last
    assert "exit code: 7" in last


@pytest.mark.parametrize(
    ("urlpath", "opened"),
    [
        ("", "/user/x/?token=T"),
        ("lab/tree/a%20b%23.md", "/user/x/lab/tree/a%20b%23.md?token=T"),
        ("/rstudio?a=1", "/user/x/rstudio?a=1&token=T"),
        ("../../hub/home", "/user/x/?token=T"),
        ("//evil.test/", "/user/x/evil.test/?token=T"),
        ("https://evil.test/user/x/", "/user/x/?token=T"),
        ("https://[", "/user/x/?token=T"),
    ],
)
def test_a_link_opens_no_place_but_the_server(urlpath: str, opened: str) -> None:
    """The address carries the token."""
    server = "http://127.0.0.1:8000/user/x/"

    assert destination(server, "T", urlpath) == f"http://127.0.0.1:8000{opened}"


def _read_all(terminal: int) -> str:
    read = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            return read.decode(errors="replace")
        read += piece
