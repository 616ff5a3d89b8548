"""Whether the machine has room for one more server, and what Docker says when it has not."""

import psutil
from docker.errors import APIError, DockerException

FULL_DISK = (
    "This machine's disk is full, so no server can start: whoever looks after it has to make room "
    "(`binderhub-lite prune` removes images)."
)
NO_MEMORY = (
    "This machine has no memory left for another server: try again when others have ended theirs."
)


def has_memory(reserve: int) -> bool:
    """Whether more than `reserve` bytes of this machine's memory are free, or soon would be."""
    return psutil.virtual_memory().available > reserve


def explain(error: DockerException | OSError) -> str:
    """Why Docker did not start a server, in one sentence for the person who waits for it."""
    said = str(error.explanation or error) if isinstance(error, APIError) else str(error)
    if "no space left on device" in said or "disk quota exceeded" in said:
        return FULL_DISK
    if "cannot allocate memory" in said:
        return NO_MEMORY
    if isinstance(error, APIError):
        return f"Docker refused to start the server: {said.strip()}"
    return f"Docker does not answer, so no server can start ({said.strip()})."
