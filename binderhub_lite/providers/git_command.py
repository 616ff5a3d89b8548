"""Running git: never a prompt, never longer than its time, never an option from outside."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from types import MappingProxyType

from ..events import BinderError

ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C",
}
# What git says of any trouble with ssh, which has said before what the trouble is.
SSH_FAILED = "fatal: Could not read from remote repository."
TOO_SLOW = 504
NOTHING: Mapping[str, str] = MappingProxyType({})


class GitFailed(BinderError):
    """git ended with an error, or not in time (status TOO_SLOW); the message is what it said."""


async def git(
    *arguments: str,
    configuration: Mapping[str, str] = NOTHING,
    environment: Mapping[str, str] = NOTHING,
    seconds: float = 20,
) -> str:
    """Run git and return what it printed.

    `configuration` is seen by whoever lists processes: secrets belong into `environment`.
    Raises GitFailed when git fails or takes longer than `seconds`.
    """
    options = [part for name, value in configuration.items() for part in ("-c", f"{name}={value}")]
    process = await asyncio.create_subprocess_exec(
        "git",
        *options,
        *arguments,
        env={**os.environ, **ENVIRONMENT, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            printed, complaint = await process.communicate()
    except TimeoutError:
        raise GitFailed(f"git did not answer within {seconds:g} seconds.", TOO_SLOW) from None
    finally:
        if process.returncode is None:
            # git's helpers, too: one that still waits for a server would hold the pipes open.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        raise GitFailed(_last_line(complaint) or f"git ended with status {process.returncode}.")
    return printed.decode(errors="replace")


def _last_line(complaint: bytes) -> str:
    """git's own word on what went wrong; hints that follow it are left out."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    said = (fatal or lines or [""])[-1]
    if said == SSH_FAILED and lines.index(said) > 0:
        return lines[lines.index(said) - 1]
    if said.endswith(":"):  # of every address that was tried, a line follows
        said = " ".join(lines[lines.index(said) :])
    return said.removeprefix("fatal: ")
