"""esbuild, kept ready: bundles JavaScript and CSS in some hundredths of a second."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ..events import BinderError


class Bundler:
    """A running `build.mjs --on-demand`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def started(cls, checkout: Path) -> AsyncIterator["Bundler"]:
        """Start it; it ends with the block. Raises BinderError where Node is missing."""
        own_programs = str(Path(sys.executable).parent)
        path = os.pathsep.join([own_programs, os.environ.get("PATH", "")])
        try:
            process = await asyncio.create_subprocess_exec(
                "node",
                "build.mjs",
                "--on-demand",
                cwd=checkout,
                env={**os.environ, "PATH": path},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        except FileNotFoundError:
            raise BinderError(
                "JavaScript and CSS stay as they were bundled: there is no Node; `make` gets it."
            ) from None
        try:
            yield cls(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()  # which is how it ends, and esbuild with it
            await process.wait()

    async def bundle(self) -> bool:
        """Bundle anew; whether that went well. What is wrong, esbuild says in the terminal."""
        if self._process.returncode is not None:
            return False
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        return await self._process.stdout.readline() == b"done\n"
