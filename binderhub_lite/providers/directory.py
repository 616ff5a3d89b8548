"""The content of a directory: which files, a name for all of it, an archive.

git is asked, but a repository may be anybody's: see `HARMLESS`.
"""

import functools
import hashlib
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

SKIPPED_DIRECTORIES = {".git", ".venv", "__pycache__", ".ipynb_checkpoints", "node_modules"}
SUBMODULE = "160000 "
"""How git's index marks the commit of another repository."""
EMPTY = "BINDERHUB_LITE_EMPTY"
# A repository's own configuration may name programs to run, and places to fetch what is missing
# in it from: not here. And whoever works in it is not in our way, nor we in theirs.
HARMLESS = {"GIT_ALLOW_PROTOCOL": "none", "GIT_OPTIONAL_LOCKS": "0", EMPTY: ""}
NOBODYS_HOME = {"HOME": "/", "XDG_CONFIG_HOME": "/"}


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
    return sorted(_present(path, {name.rstrip("/") for name in listed.split("\0") if name}))


def _present(path: Path, names: set[str]) -> Iterator[str]:
    """Those of the names that git lists that are there; of a repository in it, its files.

    Not what lies behind a symlink: git lists what it tracks by names, wherever they lead now.
    """
    top = os.path.realpath(path)
    real = functools.cache(os.path.realpath)
    for name in names:
        inner = path / name
        if real(inner.parent) != os.path.join(top, os.path.dirname(name)).rstrip("/"):
            continue
        if inner.is_dir() and not inner.is_symlink():  # a submodule, or somebody's other clone
            if (inner / ".git").exists():
                yield from (os.path.join(name, file) for file in content_files(inner))
        elif os.path.lexists(inner):
            yield name


def _walk(path: Path) -> Iterator[str]:
    for directory, subdirectories, files in os.walk(path):
        subdirectories[:] = [name for name in subdirectories if name not in SKIPPED_DIRECTORIES]
        linked = [name for name in subdirectories if (Path(directory) / name).is_symlink()]
        for name in [*files, *linked]:
            yield str((Path(directory) / name).relative_to(path))


def _clean_commit(path: Path) -> str | None:
    """The commit, where it says all that there is to say of the directory."""
    if _git(path, "rev-parse", "--show-prefix") not in ("", "\n"):
        return None  # no repository, or only a part of one
    if any((path / name / ".git").exists() for name in _submodules(path)):
        return None  # git would look into them by their own configurations
    names = _git(path, "config", "--null", "--name-only", "--get-regexp", r"^filter\.") or ""
    filters = [name for name in names.split("\0") if name]
    changes = "status --porcelain --untracked-files=normal --ignore-submodules=all"
    if _git(path, *changes.split(), without=filters) != "":
        return None
    commit = _git(path, "rev-parse", "HEAD")
    return commit.strip() if commit else None


def _submodules(path: Path) -> list[str]:
    entries = (_git(path, "ls-files", "-z", "--stage") or "").split("\0")
    return [entry.partition("\t")[2] for entry in entries if entry.startswith(SUBMODULE)]


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


def _git(path: Path, *arguments: str, without: Iterable[str] = ()) -> str | None:
    """What git prints in the directory; None where it is no git repository (or there is no git).

    `without` are settings that are to have no effect.
    """
    command = ["git", "-C", str(path), "-c", "core.fsmonitor=false"]
    command += [f"--config-env={name}={EMPTY}" for name in without]
    owner = _owner_to_be(path)
    try:
        run = subprocess.run(
            [*command, *arguments],
            env={**os.environ, **HARMLESS, **(NOBODYS_HOME if owner else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            **owner,
        )
    except OSError:
        return None
    return run.stdout.decode(errors="surrogateescape") if run.returncode == 0 else None


def _owner_to_be(path: Path) -> dict[str, Any]:
    """What makes a process of root's one of the directory's owner.

    Of repositories that are somebody else's, git tells nothing: it is not to be trusted with
    what stands in them.
    """
    status = path.stat()
    if os.geteuid() != 0 or status.st_uid == 0:
        return {}
    return {"user": status.st_uid, "group": status.st_gid, "extra_groups": ()}
