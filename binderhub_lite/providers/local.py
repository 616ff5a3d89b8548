"""A directory of this machine: no git server, no network."""

import asyncio
import contextlib
import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, ClassVar
from urllib.parse import quote, unquote

from traitlets import Unicode

from .base import NotFound, RepoProvider

SKIPPED_DIRECTORIES = {".git", ".venv", "__pycache__", ".ipynb_checkpoints", "node_modules"}


class LocalRepoProvider(RepoProvider):
    """`{path}`: a directory below `root`.

    Of a git repository, the content is what git would commit (the files it tracks and
    the new ones it does not ignore); of any other directory, all files but caches.
    """

    root = Unicode(help="The directory whose subdirectories may be launched. Empty: none may.").tag(
        config=True
    )

    content_provider: ClassVar[str] = "Local"
    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "Directory on this machine",
        "id": "local",
        "spec": {"validateRegex": r".+"},
        "detect": {"regex": ""},
        "repo": {
            "label": "Directory below the server's shared directory",
            "placeholder": "example: hello",
        },
        "ref": {"enabled": False, "default": ""},
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = self._find()
        self._ref: str | None = None

    def _find(self) -> Path:
        """The directory, with symlinks followed. Raises NotFound unless it lies below the root."""
        asked = unquote(self.spec).strip("/")
        if not self.root:
            raise NotFound(
                "No directory of this machine is shared: set c.LocalRepoProvider.root to one."
            )
        root = Path(self.root).expanduser().resolve()
        with contextlib.suppress(OSError, ValueError):  # names that no directory can have
            path = (root / asked).resolve()
            if path.is_relative_to(root) and path.is_dir():
                return path
        raise NotFound(f"There is no directory {asked!r} below {root.name!r}.")

    async def get_resolved_ref(self) -> str:
        if self._ref is None:
            self._ref = await asyncio.to_thread(content_ref, self.path)
        return self._ref

    async def get_resolved_spec(self) -> str:
        return self.spec

    def get_repo_url(self) -> str:
        return f"file://{quote(str(self.path))}"

    async def get_resolved_ref_url(self) -> str:
        return self.get_repo_url()

    def get_build_slug(self) -> str:
        return f"local-{self.path.name}"

    async def open_archive(self) -> IO[bytes]:
        return await asyncio.to_thread(archive, self.path)

    def subdirectories(self) -> list[str]:
        """The names of the directories in this one, in order; blocking."""
        return sorted(
            entry.name
            for entry in os.scandir(self.path)
            if entry.is_dir()
            and not entry.name.startswith(".")
            and entry.name not in SKIPPED_DIRECTORIES
        )


def content_ref(path: Path) -> str:
    """A name of the directory's content: changes when, and only when, the content does.

    The commit, where the directory is a git repository with nothing uncommitted;
    otherwise the first 40 digits of a SHA-256 digest over names, modes and contents.
    """
    return _clean_commit(path) or _digest(path)


def archive(path: Path) -> IO[bytes]:
    """A tar archive of the directory's content in a temporary file, read from its start."""
    target = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name in content_files(path):
            tar.add(path / name, arcname=name, recursive=False)
    target.seek(0)
    return target


def content_files(path: Path) -> list[str]:
    """The names of the directory's files, relative to it, sorted."""
    listed = _git(path, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return sorted(_walk(path))
    names = {name for name in listed.split("\0") if name}
    return sorted(name for name in names if os.path.lexists(path / name))


def _walk(path: Path) -> Iterator[str]:
    for directory, subdirectories, files in os.walk(path):
        subdirectories[:] = [name for name in subdirectories if name not in SKIPPED_DIRECTORIES]
        linked = [name for name in subdirectories if (Path(directory) / name).is_symlink()]
        for name in [*files, *linked]:
            yield str((Path(directory) / name).relative_to(path))


def _clean_commit(path: Path) -> str | None:
    if _git(path, "rev-parse", "--show-prefix") not in ("", "\n"):
        return None  # no repository, or only a part of one
    if _git(path, "status", "--porcelain", "--untracked-files=normal") != "":
        return None
    commit = _git(path, "rev-parse", "HEAD")
    return commit.strip() if commit else None


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for name in content_files(path):
        file = path / name
        if file.is_symlink():
            kind, content = "link", os.readlink(file).encode(errors="surrogateescape")
        elif file.is_file():
            kind = "executable" if os.access(file, os.X_OK) else "file"
            with file.open("rb") as opened:
                content = hashlib.file_digest(opened, "sha256").digest()
        else:
            continue
        header = f"{kind}\0{name}\0{len(content)}\0".encode(errors="surrogateescape")
        digest.update(header + content)
    return digest.hexdigest()[:40]


def _git(path: Path, *arguments: str) -> str | None:
    """What git prints in the directory; None where it is no git repository (or there is no git)."""
    # A repository's own configuration may name programs to run: not here.
    command = ["git", "-C", str(path), "-c", "core.fsmonitor=false", *arguments]
    try:
        run = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return run.stdout.decode(errors="surrogateescape") if run.returncode == 0 else None
