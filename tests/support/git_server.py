"""A real git server: `git daemon` on an address that build containers reach, too."""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from binderhub_lite.launch.ports import free_port

# The builds of tests need no network: what Jupyter needs is in this image.
DOCKERFILE = "FROM binderhub-lite/singleuser\nCOPY --chown=jovyan . /home/jovyan/\n"

IDENTITY = {
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
}


def git(path: Path, *arguments: str) -> str:
    run = subprocess.run(
        ["git", "-C", str(path), *arguments],
        env={**os.environ, **IDENTITY},
        check=True,
        capture_output=True,
        text=True,
    )
    return run.stdout.strip()


@dataclass(frozen=True)
class GitRepo:
    """A repository of the server, with the folder that its commits are made in."""

    path: Path
    url: str

    @property
    def escaped(self) -> str:
        return quote(self.url, safe="")

    @property
    def spec(self) -> str:
        return f"git/{self.escaped}/HEAD"

    @property
    def commit(self) -> str:
        return git(self.path, "rev-parse", "HEAD")

    def add(self, files: dict[str, str]) -> str:
        """Commit files; returns the commit."""
        for name, content in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(content)
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--allow-empty", "--message", "test")
        return self.commit


class GitServer:
    """Serves every repository below `root`."""

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.address = address
        self.port = free_port(address)
        self._daemon = subprocess.Popen(
            [
                "git",
                "daemon",
                "--reuseaddr",
                "--export-all",
                f"--listen={address}",
                f"--port={self.port}",
                f"--base-path={root}",
                str(root),
            ],
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _wait_for(address, self.port)

    def repo(
        self, name: str, files: dict[str, str] | None = None, *, object_format: str = "sha1"
    ) -> GitRepo:
        """A new repository with one commit; by default one that starts a Jupyter server."""
        path = self.root / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        kind = f"--object-format={object_format}"
        git(path, "init", "--quiet", "--initial-branch=main", kind)
        repo = GitRepo(path, f"git://{self.address}:{self.port}/{name}")
        # Something of its own in every repository: no two tests share an image.
        repo.add({"Dockerfile": DOCKERFILE, "README.md": f"{name} {time.time()}\n"} | (files or {}))
        return repo

    def stop(self) -> None:
        os.killpg(self._daemon.pid, 15)
        self._daemon.wait()


def _wait_for(address: str, port: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((address, port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
