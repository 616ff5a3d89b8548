"""Clients run as processes of their own, so that what they take is not counted as ours."""

import asyncio
import json
import sys
from typing import Any

SECONDS = 120


async def ask(client: str, **facts: Any) -> dict[str, Any]:
    """Run `bench.clients.{client}` and return what it has measured."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"bench.clients.{client}",
        json.dumps(facts),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us
    )
    try:
        async with asyncio.timeout(SECONDS):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RuntimeError(f"The client {client!r} failed: see above.")
    return dict(json.loads(printed))
