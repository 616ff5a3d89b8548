"""Whose turn it is: a bounded number of builds run, the others wait in order."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ..events import Event, Phase
from .shared_log import SharedLog


@dataclass(eq=False)
class _Ticket:
    log: SharedLog
    called: asyncio.Event = field(default_factory=asyncio.Event)
    ahead: int = -1

    def tell(self, ahead: int) -> None:
        """Let the build's watchers know how many are ahead of it, unless they do."""
        if ahead != self.ahead:
            self.ahead = ahead
            builds = "1 build" if ahead == 1 else f"{ahead} builds"
            self.log.append(Event.of(Phase.WAITING, f"{builds} ahead of yours", ahead=ahead))


class BuildQueue:
    """Lets at most `limit` builds run; who waits is told how many are ahead when that changes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running = 0
        self._waiting: deque[_Ticket] = deque()

    @property
    def running(self) -> int:
        return self._running

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, log: SharedLog, *, at_once: bool = False) -> AsyncIterator[None]:
        """Wait for a place and hold it.

        `at_once` takes one even where there is none: for a build that already runs.
        """
        if at_once or (self._running < self._limit and not self._waiting):
            self._running += 1
            self._tell_all()
        else:
            await self._wait(_Ticket(log))
        try:
            yield
        finally:
            self._running -= 1
            self._call_next()

    async def _wait(self, ticket: _Ticket) -> None:
        self._waiting.append(ticket)
        ticket.tell(len(self._waiting) - 1 + self._running)
        try:
            await ticket.called.wait()
        except asyncio.CancelledError:
            if ticket.called.is_set():
                self._running -= 1
                self._call_next()
            else:
                self._waiting.remove(ticket)
                self._tell_all()
            raise

    def _call_next(self) -> None:
        while self._waiting and self._running < self._limit:
            self._running += 1
            self._waiting.popleft().called.set()
        self._tell_all()

    def _tell_all(self) -> None:
        for place, ticket in enumerate(self._waiting):
            ticket.tell(place + self._running)
