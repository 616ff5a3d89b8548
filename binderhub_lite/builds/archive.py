"""Whole logs of builds, kept compressed on disk for some days.

A build's log stands in `{name}.log.gz` from its first line on; when the build has ended,
`{name}.json` beside it says how. A later build of the same image takes the place of both.
"""

import asyncio
import contextlib
import json
import logging
import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from .facts import BuildFacts

log = logging.getLogger(__name__)

GZIP = 16 + zlib.MAX_WBITS
FLUSH_BYTES = 64 * 1024
READ_BYTES = 256 * 1024


@dataclass(frozen=True)
class BuildRecord:
    """What is told of a build, running or ended, by `GET /api/builds`."""

    name: str
    provider: str
    spec: str
    repo: str
    ref: str
    state: str
    """`queued`, `running`, `built` or `failed`."""
    started: float
    """Seconds since the epoch."""
    duration: float
    """Seconds."""
    image: str
    size: int | None = None
    """Bytes of the image, once it is built."""

    @classmethod
    def of(cls, facts: BuildFacts, state: str, started: float, size: int | None) -> "BuildRecord":
        return cls(
            name=facts.name,
            provider=facts.provider,
            spec=facts.spec,
            repo=facts.repo_url,
            ref=facts.ref,
            state=state,
            started=round(started, 3),
            duration=round(time.time() - started, 3),
            image=facts.image,
            size=size,
        )


class LogWriter:
    """Writes one build's log; what is buffered is written by `flush`.

    A log that cannot be written, on a full disk say, costs the log and not the build: that is
    said once, and the rest is left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._compressor = zlib.compressobj(wbits=GZIP)
        self._buffer: list[str] = []
        self._buffered = 0
        self._ended = False
        self._writing = asyncio.Lock()
        self._file = threading.Lock()  # whoever is cancelled leaves its thread at work
        self._on_disk(lambda: path.write_bytes(b""))

    async def write(self, message: str) -> None:
        if self._ended:
            return
        self._buffer.append(message if message.endswith("\n") else message + "\n")
        self._buffered += len(message)
        if self._buffered >= FLUSH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Write what is buffered, so that a reader of the file finds it."""
        if self._buffer:
            await self._append(zlib.Z_SYNC_FLUSH)

    async def close(self) -> None:
        await self._append(zlib.Z_FINISH)

    async def _append(self, mode: int) -> None:
        async with self._writing:
            text, self._buffer, self._buffered = "".join(self._buffer), [], 0
            if not self._ended:
                self._ended = mode == zlib.Z_FINISH
                await asyncio.to_thread(self._write, text.encode(errors="replace"), mode)

    def _write(self, text: bytes, mode: int) -> None:
        with self._file:
            compressed = self._compressor.compress(text) + self._compressor.flush(mode)
            self._on_disk(lambda: self._add(compressed))

    def _add(self, compressed: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(compressed)

    def _on_disk(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            self._ended, self._buffer = True, []
            log.warning("The log of a build cannot be kept: %s", error)


class LogArchive:
    """The folder of logs and records; `days` is how long they are kept."""

    def __init__(self, folder: Path, days: float = 14) -> None:
        self._folder = folder
        self._days = days

    def begin(self, name: str) -> LogWriter:
        """Start the log of a build anew."""
        with contextlib.suppress(OSError):  # the writer says why nothing is kept
            self._folder.mkdir(parents=True, exist_ok=True)
            self._record_file(name).unlink(missing_ok=True)
        return LogWriter(self._log_file(name))

    def end(self, record: BuildRecord) -> None:
        """Keep how a build ended; where the disk does not let us, that is said in the log."""
        file = self._record_file(record.name)
        draft = file.with_suffix(".new")
        try:
            draft.write_text(json.dumps(asdict(record)))
            draft.replace(file)
        except OSError as error:
            log.warning("How build %s ended cannot be kept: %s", record.name, error)

    def records(self) -> list[BuildRecord]:
        """The builds that have ended, the newest first."""
        found = []
        for file in self._folder.glob("*.json"):
            try:
                found.append(BuildRecord(**json.loads(file.read_text())))
            except (OSError, ValueError, TypeError):
                continue  # removed, or cut short by a full disk
        return sorted(found, key=lambda record: record.started, reverse=True)

    def has_log(self, name: str) -> bool:
        try:
            return self._is_name(name) and self._log_file(name).is_file()
        except OSError:  # longer than any file's name may be
            return False

    def reader(self, name: str) -> "LogReader":
        return LogReader(self._log_file(name))

    def expire(self, running: Collection[str] = ()) -> None:
        """Remove what is older than it is kept, but for builds (by name) that run.

        A process that was killed may have left a log that no record belongs to.
        """
        oldest = time.time() - self._days * 24 * 3600
        for file in self._folder.glob("*.*"):
            try:
                if file.name.partition(".")[0] not in running and file.stat().st_mtime < oldest:
                    file.unlink()
            except OSError as error:
                log.warning("An old log of a build stays: %s", error)

    def _log_file(self, name: str) -> Path:
        return self._folder / f"{name}.log.gz"

    def _record_file(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _is_name(self, name: str) -> bool:
        return bool(name) and "/" not in name and not name.startswith(".")


class LogReader:
    """Reads a log that may still grow."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._decompressor = zlib.decompressobj(wbits=GZIP)
        self._broken = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The text that is there now and was not read before, in pieces.

        It ends where the file cannot be read any further.
        """
        while piece := await asyncio.to_thread(self._next_piece):
            yield piece

    def _next_piece(self) -> bytes:
        if self._broken:
            return b""
        try:
            return self._decompress()
        except (OSError, zlib.error) as error:  # removed, unreadable, or begun anew meanwhile
            self._broken = True
            log.warning("%s cannot be read to its end: %s", self._path, error)
            return b""

    def _decompress(self) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self._position)
            while compressed := file.read(READ_BYTES):
                self._position += len(compressed)
                if piece := self._decompressor.decompress(compressed):
                    return piece
        return b""
