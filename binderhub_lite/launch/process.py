"""A child process that outlives a killed parent and is found again by the next one."""

import asyncio
import contextlib
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class ChildProcess:
    """A process, known by its pid and the time of its creation (pids are used again)."""

    pid: int
    created: float

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], log_file: Path
    ) -> "ChildProcess":
        """Start `command`, its output going to `log_file`.

        It gets a session of its own: Ctrl-C in a terminal reaches us alone, and we end our
        children in order. Raises FileNotFoundError when there is no such program.
        """
        with log_file.open("ab") as output:
            popen = await asyncio.to_thread(
                subprocess.Popen,
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        # The wait for it is ours (psutil's); Popen would warn that it still runs.
        popen.returncode = 0
        return cls(popen.pid, psutil.Process(popen.pid).create_time())

    @classmethod
    def from_record(cls, record: Any) -> "ChildProcess | None":
        """The process of a record, if it still runs."""
        try:
            child = cls(int(record["pid"]), float(record["created"]))
        except (KeyError, TypeError, ValueError):
            return None
        return child if child.running else None

    @property
    def record(self) -> dict[str, float]:
        return {"pid": self.pid, "created": self.created}

    @property
    def _process(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.created) < 0.1:
                return process
        return None

    @property
    def running(self) -> bool:
        process = self._process
        if process is None:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                return True
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(0)  # a child of ours that ended: collect it
        return False

    async def ended(self) -> None:
        """Return when the process no longer runs."""
        while self.running:  # noqa: ASYNC110  (of an adopted process, nobody tells us)
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self, seconds: float = 10) -> None:
        """Ask the process to end, and kill what is left of it and its children after `seconds`."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [process, *process.children(recursive=True)]
            process.terminate()
            _, left = await asyncio.to_thread(psutil.wait_procs, family, seconds)
            for survivor in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    survivor.kill()
            await asyncio.to_thread(psutil.wait_procs, left, 5)


def last_lines(log_file: Path, count: int = 5) -> str:
    """The last lines of a child's output, to show why it ended."""
    text = log_file.read_text(errors="replace") if log_file.exists() else ""
    return "\n".join(text.strip().splitlines()[-count:])
