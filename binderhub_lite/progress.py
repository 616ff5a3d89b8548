"""Shows a launch's events in a terminal, or as plain lines where there is none."""

import logging
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from .events import Event, Phase

TAIL_LINES = 10
KEPT_LINES = 30
PHASE_WORDS = {
    Phase.WAITING: "Waiting",
    Phase.FETCHING: "Fetching the repository",
    Phase.BUILDING: "Building the image",
    Phase.PUSHING: "Pushing the image",
    Phase.BUILT: "The image is built",
    Phase.LAUNCHING: "Starting the server",
}


class Progress(Protocol):
    """Something that shows events while they come."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, event: Event) -> None: ...

    def failed(self, event: Event) -> None:
        """Show why it ended badly, with the last lines."""


def progress_for(console: Console) -> Progress:
    return LiveProgress(console) if console.is_terminal else PlainProgress(console)


@contextmanager
def log_follows(terminal: TextIO, handlers: Iterable[logging.Handler]) -> Iterator[None]:
    """What is logged to `terminal` goes where sys.stderr leads now: above a live display.

    A line that went around that would tear it.
    """
    ours = [each for each in handlers if isinstance(each, logging.StreamHandler)]
    ours = [each for each in ours if each.stream is terminal]
    for handler in ours:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in ours:
            handler.setStream(terminal)


class PlainProgress:
    """One line a message."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def show(self, event: Event) -> None:
        self._print(f"[{event.phase}] {event.message.rstrip()}")

    def failed(self, event: Event) -> None:
        self._print(f"Failed: {event.message.rstrip()}")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class LiveProgress:
    """The phase with a spinner, and the last lines of the log below it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._spinner = Spinner("dots", PHASE_WORDS[Phase.WAITING])
        self._live = Live(console=console, transient=True, refresh_per_second=10)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        self._lines.extend(event.message.rstrip().splitlines())
        if event.phase in PHASE_WORDS:
            self._spinner.update(text=PHASE_WORDS[Phase(event.phase)])
        self._live.update(Group(self._spinner, self._tail(TAIL_LINES)))

    def failed(self, event: Event) -> None:
        self._live.stop()
        self._console.print(self._tail(KEPT_LINES))
        self._console.print(Text(f"Failed: {event.message.rstrip()}", style="bold red"))

    def _tail(self, count: int) -> Text:
        return Text("\n".join(list(self._lines)[-count:]), style="dim", overflow="ellipsis")
