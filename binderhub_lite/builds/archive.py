"""Whole logs of builds, kept compressed on disk for some days.

A build's log stands in `{name}.log.gz` from its first line on; when the build has ended,
`{name}.json` beside it says how. A later build of the same image takes the place of both.
"""

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .facts import BuildFacts

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
    """Writes one build's log; what is buffered is written by `flush`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._compressor = zlib.compressobj(wbits=GZIP)
        self._buffer: list[str] = []
        self._buffered = 0
        self._writing = asyncio.Lock()

    async def write(self, message: str) -> None:
        self._buffer.append(message if message.endswith("\n") else message + "\n")
        self._buffered += len(message)
        if self._buffered >= FLUSH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Write what is buffered, so that a reader of the file finds it."""
        await self._append(zlib.Z_SYNC_FLUSH)

    async def close(self) -> None:
        await self._append(zlib.Z_FINISH)

    async def _append(self, mode: int) -> None:
        async with self._writing:
            text, self._buffer, self._buffered = "".join(self._buffer), [], 0
            await asyncio.to_thread(self._write, text.encode(errors="replace"), mode)

    def _write(self, text: bytes, mode: int) -> None:
        compressed = self._compressor.compress(text) + self._compressor.flush(mode)
        with self._path.open("ab") as file:
            file.write(compressed)


class LogArchive:
    """The folder of logs and records; `days` is how long they are kept."""

    def __init__(self, folder: Path, days: float = 14) -> None:
        self._folder = folder
        self._days = days

    def begin(self, name: str) -> LogWriter:
        """Start the log of a build anew."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._record_file(name).unlink(missing_ok=True)
        self._log_file(name).write_bytes(b"")
        return LogWriter(self._log_file(name))

    def end(self, record: BuildRecord) -> None:
        """Keep how a build ended."""
        draft = self._record_file(record.name).with_suffix(".new")
        draft.write_text(json.dumps(asdict(record)))
        draft.replace(self._record_file(record.name))

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
        return self._is_name(name) and self._log_file(name).is_file()

    def reader(self, name: str) -> "LogReader":
        return LogReader(self._log_file(name))

    def expire(self) -> None:
        """Remove what is older than it is kept."""
        oldest = time.time() - self._days * 24 * 3600
        for record in self.records():
            if record.started + record.duration < oldest:
                self._log_file(record.name).unlink(missing_ok=True)
                self._record_file(record.name).unlink(missing_ok=True)

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

    async def pieces(self) -> AsyncIterator[bytes]:
        """The text that is there now and was not read before, in pieces."""
        while piece := await asyncio.to_thread(self._next_piece):
            yield piece

    def _next_piece(self) -> bytes:
        with self._path.open("rb") as file:
            file.seek(self._position)
            while compressed := file.read(READ_BYTES):
                self._position += len(compressed)
                if piece := self._decompressor.decompress(compressed):
                    return piece
        return b""
