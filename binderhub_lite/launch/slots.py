"""The private instances of `binderhub-lite launch`: a data directory and a namespace for each."""

import hashlib
from pathlib import Path

from ..events import BinderError
from .data_dir import DataDir

SLOTS = 100


def free_slot(parent: Path) -> tuple[Path, str]:
    """A data directory below `parent` that no launch uses now, and its namespace.

    The first free one: so a launch cleans up after one that was killed.
    Raises BinderError when all are in use.
    """
    for number in range(SLOTS):
        slot = DataDir(parent / f"launch-{number}")
        try:
            slot.open()
        except BinderError:
            continue
        slot.close()
        return slot.path, namespace_of(slot.path)
    raise BinderError(f"{SLOTS} launches run already: stop one of them.")


def slots_below(parent: Path) -> list[Path]:
    """The data directories that launches have made below `parent`."""
    return sorted(entry for entry in parent.glob("launch-*") if entry.is_dir())


def namespace_of(slot: Path) -> str:
    """The namespace in Docker of a launch with this data directory.

    Everybody has a `launch-0`, and one Docker may be several people's.
    """
    digest = hashlib.sha256(str(slot.resolve()).encode()).hexdigest()
    return f"{slot.name}-{digest[:8]}"
