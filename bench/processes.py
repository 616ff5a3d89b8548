"""What an instance's processes take: CPU seconds and memory."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from binderhub_lite.launch import culler
from tests.support.instance import BinderProcess

CHILDREN = {
    "hub": "jupyterhub_config.py",
    "proxy": "configurable-http-proxy",
    "culler": culler.__file__,
}


def processes_of(binder: BinderProcess) -> dict[str, psutil.Process]:
    """The processes of an instance by what they are: server, hub, proxy and culler.

    Raises LookupError when one of them is not there: no total is to leave it out.
    """
    found = {"server": psutil.Process(binder.process.pid)}
    for process in binder.children():
        command = " ".join(process.cmdline())
        for name, mark in CHILDREN.items():
            if mark in command:
                found[name] = process
    if missing := CHILDREN.keys() - found.keys():
        raise LookupError(f"the instance has no {', '.join(missing)}")
    return found


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e6)


@dataclass(frozen=True)
class PeakMemory:
    """The most memory that a process has had resident since this was made."""

    process: psutil.Process

    def __post_init__(self) -> None:
        # The kernel's own high-water mark: nothing between two samples is missed.
        (self._proc / "clear_refs").write_text("5")

    @property
    def megabytes(self) -> float:
        status = (self._proc / "status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6

    @property
    def _proc(self) -> Path:
        return Path(f"/proc/{self.process.pid}")
