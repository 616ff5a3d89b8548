"""The directory where an instance keeps its files, and the lock that keeps others out."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from ..events import BinderError


class DataDir:
    """An instance's own directory (mode 0700).

    The lock is the process's: it is free again the moment the process ends, however it ends.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser().resolve()
        self._lock: int | None = None

    def open(self) -> None:
        """Make the directory and take its lock; raises BinderError when somebody has it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise BinderError(
                f"The data directory {self.path} cannot be used ({error.strerror}): "
                "set c.BinderHub.data_dir to one that can be written."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise BinderError(
                f"Another binderhub-lite runs with the data directory {self.path}: stop it, "
                "or give this one a directory of its own (c.BinderHub.data_dir)."
            ) from None
        self._lock = lock

    def close(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of ours; empty when it is not there or was cut short."""
        try:
            content = json.loads((self.path / name).read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, name: str, content: dict[str, Any]) -> Path:
        """Write a JSON file, whole or not at all, readable by us alone; return its path."""
        target = self.path / name
        draft = target.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(content, indent=2))
        draft.replace(target)
        return target

    def log_file(self, name: str) -> Path:
        """A child's log file, begun anew when it has grown large."""
        path = self.path / f"{name}.log"
        if path.exists() and path.stat().st_size > 10_000_000:
            path.replace(path.with_suffix(".log.old"))
        path.touch(mode=0o600)
        return path
