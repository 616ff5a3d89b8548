"""One build's events, kept once and read by any number of watchers."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice

from ..events import Event, Phase

KEPT_EVENTS = 10_000


class SharedLog:
    """A bounded buffer with one writer; each watcher reads from it at its own pace.

    A watcher costs a position, not a copy: a slow or dead one holds up neither the
    writer nor the others. One that falls behind by more than the buffer is told how
    many lines it missed.
    """

    def __init__(self, tail: int, kept: int = KEPT_EVENTS) -> None:
        self._tail = tail
        self._events: deque[Event] = deque(maxlen=max(kept, tail))
        self._written = 0
        self._closed = False
        self._changed = asyncio.Event()

    def append(self, event: Event) -> None:
        self._events.append(event)
        self._written += 1
        self._wake()

    def close(self) -> None:
        """Say that nothing more will come; watchers end when they have read everything."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        # A fresh flag for the next change: who waited on this one is woken once.
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def closed(self) -> bool:
        return self._closed

    async def ended(self) -> None:
        """Wait for the end."""
        while not self._closed:
            await self._changed.wait()

    async def changed(self) -> None:
        """Wait for the next event, or the end."""
        if not self._closed:
            await self._changed.wait()

    def tail(self, count: int) -> list[Event]:
        """The last `count` events."""
        return list(islice(self._events, max(0, len(self._events) - count), None))

    async def watch(self) -> AsyncIterator[list[Event]]:
        """Yield batches: the last `tail` events first, then all that come, until closed."""
        position = max(0, self._written - self._tail)
        while True:
            batch, position = self._since(position)
            if batch:
                yield batch
            elif self._closed:
                return
            else:
                await self._changed.wait()

    def _since(self, position: int) -> tuple[list[Event], int]:
        oldest = self._written - len(self._events)
        missed = max(0, oldest - position)
        batch = list(islice(self._events, max(position, oldest) - oldest, None))
        if missed:
            batch.insert(0, Event.of(Phase.UNKNOWN, f"[{missed} lines left out]"))
        return batch, self._written
