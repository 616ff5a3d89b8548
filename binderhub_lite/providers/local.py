"""A directory of this machine: no git server, no network."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar, TypeVar
from urllib.parse import quote, unquote

from traitlets import Unicode

from ..events import BinderError
from .base import NotFound, RepoProvider
from .directory import SKIPPED_DIRECTORIES, archive, content_ref

T = TypeVar("T")


class LocalRepoProvider(RepoProvider):
    """`{path}`: a directory below `root`.

    Of a git repository, the content is what git would commit (the files it tracks and
    the new ones it does not ignore), submodules with theirs; of any other directory, all
    files but caches.
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
            self._ref = await self._read(content_ref)
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
        return await self._read(archive)

    async def _read(self, how: Callable[[Path], T]) -> T:
        """What `how` finds in the directory. Raises BinderError for what cannot be read."""
        try:
            return await asyncio.to_thread(how, self.path)
        except OSError as error:
            raise BinderError(
                f"The directory {self.path.name!r} cannot be read whole ({error}): let this "
                "server read it, or try again if somebody is just changing it.",
                500,
            ) from error

    def subdirectories(self) -> list[str]:
        """The names of the directories in this one, in order; blocking."""
        return sorted(
            entry.name
            for entry in os.scandir(self.path)
            if entry.is_dir()
            and not entry.name.startswith(".")
            and entry.name not in SKIPPED_DIRECTORIES
        )
