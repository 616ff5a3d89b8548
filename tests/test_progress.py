"""What a launch looks like, in a terminal and in a log file."""

import io
import logging
import sys

import pytest
from rich.console import Console

from binderhub_lite.events import BinderError, Event
from binderhub_lite.progress import (
    KEPT_LINES,
    LiveProgress,
    PlainProgress,
    log_follows,
    progress_for,
)

FAILED = BinderError("Building x failed: exit code 3").event()


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    output = io.StringIO()
    return Console(file=output, force_terminal=terminal, width=60, height=20), output


def test_a_log_file_gets_plain_lines() -> None:
    target, output = console(terminal=False)

    with progress_for(target) as progress:
        progress.show(Event.of("waiting", "Looking up x..."))
        progress.show(Event.of("building", "[red]" + "long " * 30 + "https://host/x"))
        progress.failed(FAILED)

    assert output.getvalue().splitlines() == [
        "[waiting] Looking up x...",
        "[building] [red]" + "long " * 30 + "https://host/x",
        "Failed: Building x failed: exit code 3",
    ]


def test_a_terminal_gets_something_that_moves() -> None:
    assert isinstance(progress_for(console(terminal=True)[0]), LiveProgress)
    assert isinstance(progress_for(console(terminal=False)[0]), PlainProgress)


def test_a_terminal_shows_the_phase_and_the_last_lines() -> None:
    target, output = console(terminal=True)

    with LiveProgress(target) as progress:
        progress.show(Event.of("fetching", "Cloning"))
        for number in range(50):
            progress.show(Event.of("building", f"step {number}"))
        progress.show(Event.of("unknown", "[red]no markup[/red]"))

    shown = output.getvalue()
    assert "Building the image" in shown
    assert "step 49" in shown
    assert "[red]no markup[/red]" in shown


def test_a_failure_in_a_terminal_leaves_the_reason_and_the_last_lines() -> None:
    target, output = console(terminal=True)

    with LiveProgress(target) as progress:
        for number in range(50):
            progress.show(Event.of("building", f"step {number}\n"))
        live = len(output.getvalue())
        progress.failed(FAILED)
        # Whoever ends the block ends a display that has ended.

    left = output.getvalue()[live:]
    assert "Failed: Building x failed: exit code 3" in left
    assert f"step {50 - KEPT_LINES}" in left
    assert f"step {49 - KEPT_LINES}" not in left


@pytest.mark.parametrize("terminal", [True, False])
def test_a_display_can_be_ended_before_its_block_is(terminal: bool) -> None:
    """`launch` prints its URL while the block still stands."""
    target, _ = console(terminal=terminal)

    with progress_for(target) as progress:
        progress.show(Event.of("launching", "Starting"))
        progress.__exit__(None, None, None)
        target.print("Ready")


def test_a_line_of_the_log_is_shown_above_a_live_display(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    log = logging.StreamHandler(terminal)
    elsewhere = logging.StreamHandler(io.StringIO())

    with (
        LiveProgress(Console(stderr=True, force_terminal=True)),
        log_follows(terminal, [log, elsewhere]),
    ):
        assert log.stream is sys.stderr is not terminal
        assert elsewhere.stream is not sys.stderr
        log.handle(logging.makeLogRecord({"msg": "Be careful"}))

    assert log.stream is terminal
    assert "Be careful" in terminal.getvalue()
