"""Readers of one page. Facts come as an argument, in JSON; so go the figures."""

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import psutil

from ..processes import cpu_seconds


async def browse(facts: dict[str, Any]) -> dict[str, float]:
    """Ask for the main page over and over, on connections that stay open."""
    server, proxy = (psutil.Process(facts[name]) for name in ("server", "proxy"))
    before = cpu_seconds(server), cpu_seconds(proxy), time.process_time()
    began = time.monotonic()
    counts = await asyncio.gather(
        *(_read(facts["origin"], began + facts["seconds"]) for _ in range(facts["connections"]))
    )
    seconds = time.monotonic() - began
    after = cpu_seconds(server), cpu_seconds(proxy), time.process_time()
    return {
        "requests_per_second": sum(counts) / seconds,
        "server_cpu_seconds": after[0] - before[0],
        "proxy_cpu_seconds": after[1] - before[1],
        "clients_cpu_seconds": after[2] - before[2],
    }


async def _read(origin: str, until: float) -> int:
    """How many answers came."""
    address = urlsplit(origin)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    count = 0
    while time.monotonic() < until:
        writer.write(f"GET / HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200 "):
            raise RuntimeError(head.decode())
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        count += 1
    writer.close()
    return count


if __name__ == "__main__":
    print(json.dumps(asyncio.run(browse(json.loads(sys.argv[1])))))
