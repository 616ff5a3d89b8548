"""From what people paste to a provider and a spec."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from ..events import BinderError
from .git import SCP_LIKE

SHORTHAND = re.compile(r"[\w.-]+/[\w.-]+")
TREE = re.compile(r"(?P<repo>.+?)/(?:-/)?(?:tree|blob)/(?P<ref>.+)")


@dataclass(frozen=True)
class Detected:
    """A provider's prefix and a spec for it; `directory` where it is one of this machine."""

    provider: str
    spec: str
    directory: Path | None = None


def detect(text: str, ref: str = "") -> Detected:
    """Recognise a directory, `user/repo`, a clone URL or a GitHub or GitLab link.

    `ref` wins over one that a link names. Raises BinderError for anything else.
    """
    text = text.strip()
    directory = _directory(text)
    if directory is not None:
        return _local(directory, ref)
    if "://" in text or SCP_LIKE.fullmatch(text):
        with contextlib.suppress(ValueError):  # no URL after all
            return _from_url(text, ref)
    if SHORTHAND.fullmatch(text) and not text.startswith("."):
        return _github(text.removesuffix(".git"), ref)
    raise BinderError(
        f"{text!r} is no directory, and no repository that is known here: "
        "give a directory, user/repo, a git URL or a link to GitHub or GitLab."
    )


def _directory(text: str) -> Path | None:
    # RuntimeError: "~" of somebody who has no home here. The others: a name that cannot be one.
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        directory = Path(text).expanduser()
        if text and directory.is_dir():
            return directory.resolve()
    return None


def _github(name: str, ref: str) -> Detected:
    return Detected("gh", f"{name}/{quote(ref or 'HEAD')}")


def _local(directory: Path, ref: str) -> Detected:
    if ref:
        raise BinderError(
            f"A directory is launched as it stands: check out {ref!r} in {directory} instead."
        )
    return Detected("local", quote(directory.name), directory)


def _from_url(url: str, ref: str) -> Detected:
    parts = urlsplit(url)
    path = parts.path.strip("/")
    linked = TREE.fullmatch(path) if parts.scheme in ("http", "https") else None
    if linked:
        path, ref = linked["repo"], ref or unquote(linked["ref"])
    path = path.removesuffix(".git")
    if parts.hostname in ("github.com", "www.github.com") and path.count("/") == 1:
        return _github(path, ref)
    clone = f"{parts.scheme}://{parts.netloc}/{path}" if linked else url
    return Detected("git", f"{quote(clone, safe='')}/{quote(ref or 'HEAD', safe='')}")
