"""A gate that the printer waits at until it is opened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """`reached` is set when somebody waits at it."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._opened = asyncio.Event()

    def open(self) -> None:
        self._opened.set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached.set()
        await self._opened.wait()
        writer.write(b".")
        writer.close()


@asynccontextmanager
async def gate(address: str) -> AsyncIterator[tuple[Gate, int]]:
    """A gate at a free port of an address that containers reach, and the port."""
    gate = Gate()
    server = await asyncio.start_server(gate.answer, address, 0)
    async with server:
        try:
            yield gate, server.sockets[0].getsockname()[1]
        finally:
            gate.open()
