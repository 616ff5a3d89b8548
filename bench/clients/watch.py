"""Many watchers of one build. Facts come as an argument, in JSON; so go the figures."""

import asyncio
import json
import re
import secrets
import sys
import time
from typing import Any
from urllib.parse import quote, urlsplit

import psutil

from ..gate import gate
from ..processes import cpu_seconds

SECONDS_TO_SETTLE = 0.5
READY = b'"phase": "ready"'
FAILED = b'"phase": "failed"'
JOINED = b"Waiting for build to start"
LINE = re.compile(rb"from line (\d+)/")


class Watcher(asyncio.Protocol):
    """One connection, which only keeps what comes and notes when; it is read afterwards."""

    def __init__(self, request: bytes, last_line: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.joined: asyncio.Future[float] = loop.create_future()
        self.last_line: asyncio.Future[float] = loop.create_future()
        self.ended: asyncio.Future[float] = loop.create_future()
        self._waits = {JOINED: self.joined, last_line: self.last_line, READY: self.ended}
        self._request = request
        self._pieces: list[bytes] = []
        self._end = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        # What is waited for may come in two pieces.
        text = self._end + data
        self._end = text[-64:]
        for mark, future in self._waits.items():
            if not future.done() and mark in text:
                future.set_result(time.monotonic())
        if FAILED in text:
            self._break(f"the build failed: {text.decode(errors='replace')}")

    def connection_lost(self, error: Exception | None) -> None:
        self._break(f"the connection broke: {error}")

    def _break(self, why: str) -> None:
        for future in self._waits.values():
            if not future.done():
                future.set_exception(RuntimeError(why))
                future.exception()  # one of them is raised, the others need no warning

    def close(self) -> None:
        self._transport.abort()

    @property
    def lines(self) -> list[int]:
        """The numbers of the lines that came, in order."""
        return [int(number) for number in LINE.findall(_without_frames(b"".join(self._pieces)))]


async def watch(facts: dict[str, Any]) -> dict[str, float]:
    address, lines = facts["gate_address"], facts["lines"]
    server, proxy = (psutil.Process(facts[name]) for name in ("server", "proxy"))
    async with gate(address) as (builder, port):
        repo = quote(f"git://{address}:{port}/{lines}/{facts['pause']}", safe="")
        # A commit needs no looking up.
        spec = f"git/{repo}/{secrets.token_hex(20)}"
        began = time.monotonic()
        watchers = await _connect(facts["origin"], spec, facts["count"], lines)
        joined = await asyncio.gather(*(watcher.joined for watcher in watchers))
        await builder.reached.wait()
        await asyncio.sleep(SECONDS_TO_SETTLE)

        before = cpu_seconds(server), cpu_seconds(proxy), time.process_time()
        opened = time.monotonic()
        builder.open()
        last_lines = await asyncio.gather(*(watcher.last_line for watcher in watchers))
        ends = await asyncio.gather(*(watcher.ended for watcher in watchers))
        after = cpu_seconds(server), cpu_seconds(proxy), time.process_time()

    for watcher in watchers:
        watcher.close()
        if watcher.lines != list(range(1, lines + 1)):
            raise RuntimeError(f"a watcher got other lines: {watcher.lines}")
    seconds = max(last_lines) - opened
    return {
        "join_seconds": max(joined) - began,
        "seconds": seconds,
        "events_per_second": len(watchers) * lines / seconds,
        "last_trails_first_seconds": max(last_lines) - min(last_lines),
        "last_end_trails_first_seconds": max(ends) - min(ends),
        "server_cpu_seconds": after[0] - before[0],
        "proxy_cpu_seconds": after[1] - before[1],
        "clients_cpu_seconds": after[2] - before[2],
    }


async def _connect(origin: str, spec: str, count: int, lines: int) -> list[Watcher]:
    """Watchers that all come at the same moment."""
    where = urlsplit(origin)
    assert where.hostname
    assert where.port
    request = (
        f"GET /build/{spec}?build_only=true HTTP/1.1\r\n"
        f"Host: {where.netloc}\r\nAccept: text/event-stream\r\n\r\n"
    )
    last_line = f"from line {lines}/{lines})"

    def make() -> Watcher:
        return Watcher(request.encode(), last_line.encode())

    loop = asyncio.get_running_loop()
    connections = (loop.create_connection(make, where.hostname, where.port) for _ in range(count))
    return [watcher for _, watcher in await asyncio.gather(*connections)]


def _without_frames(answer: bytes) -> bytes:
    """The body of an answer in chunks, without the chunks' frames; it may be cut off."""
    pieces, position = [], answer.index(b"\r\n\r\n") + 4
    while (end := answer.find(b"\r\n", position)) != -1:
        size = int(answer[position:end], 16)
        pieces.append(answer[end + 2 : end + 2 + size])
        position = end + 2 + size + 2
    return b"".join(pieces)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(json.loads(sys.argv[1])))))
