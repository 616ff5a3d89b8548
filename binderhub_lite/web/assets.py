"""Static files: addresses that name a content, and answers that browsers may keep for ever."""

import asyncio
import json
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from aiohttp import web

MANIFEST = "dist/manifest.json"
BUNDLED = re.compile(r"dist/.+-[A-Z0-9]{8}\.\w+")
"""A file of the bundle: its name carries a hash of its content (see build.mjs)."""
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"


class Assets:
    """The files of one folder, at one address.

    Beside a file may lie its compressed form, `{name}.gz`, for those who take that.
    """

    def __init__(self, folder: Path, url: str) -> None:
        """`url` is the path of the folder, with slashes at both ends."""
        self._folder = folder
        self._url = url

    def url(self, path: str) -> str:
        """The address of a file, good for as long as the file stays as it is.

        A bundled file is named without its hash, such as `dist/home.js`; any other gets its
        version as a query. One that is not there gets an address all the same.
        """
        path = path.lstrip("/")
        bundled = _manifest(*_version_of(self._folder / MANIFEST)).get(path)
        if bundled is not None:
            return self._url + bundled
        version = _digest(*_version_of(self._folder / path))
        return f"{self._url}{path}?v={version}" if version else self._url + path

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer with the file named by `path`. Raises HTTPNotFound where there is none."""
        path = request.match_info["path"]
        file = await asyncio.to_thread(self._find, path)
        if file is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": ASK_FIRST, "X-Content-Type-Options": "nosniff"}
        version = request.query.get("v")
        if BUNDLED.fullmatch(path) or (version and version == _digest(*_version_of(file))):
            headers["Cache-Control"] = FOR_EVER
        return web.FileResponse(file, headers=headers)

    def _find(self, path: str) -> Path | None:
        if ".." in path.split("/"):
            return None
        file = self._folder / path.lstrip("/")
        try:
            return file if file.is_file() else None
        except OSError:  # too long for a file's name
            return None


def _version_of(file: Path) -> tuple[Path, int]:
    """The file, and when it was changed, in nanoseconds; 0 when it is not there."""
    try:
        return file, file.stat().st_mtime_ns
    except OSError:
        return file, 0


@lru_cache
def _digest(file: Path, changed: int) -> str:
    return sha256(file.read_bytes()).hexdigest()[:10] if changed and file.is_file() else ""


@lru_cache
def _manifest(file: Path, changed: int) -> dict[str, str]:
    names: dict[str, str] = json.loads(file.read_text()) if changed else {}
    return names
