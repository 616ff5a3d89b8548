"""Signals as something to wait for."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
Stopped = asyncio.Future[signal.Signals]


def signal_received(*signals: signal.Signals) -> Stopped:
    """A future that the first of `signals` resolves. To be called inside the event loop."""
    loop = asyncio.get_running_loop()
    received: Stopped = loop.create_future()

    def receive(number: signal.Signals) -> None:
        if not received.done():
            received.set_result(number)

    for number in signals:
        under_nohup = number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN
        if not under_nohup:
            loop.add_signal_handler(number, receive, number)
    return received


async def unless(stopped: Stopped, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; None when a signal comes first, which cancels it."""
    task = asyncio.ensure_future(work)
    either: set[asyncio.Future[Any]] = {task, stopped}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    return None if task.cancelled() else task.result()
