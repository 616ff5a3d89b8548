"""Running git: never a prompt, never longer than its time, never an option from outside."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from ..events import BinderError

ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new",
    "LC_ALL": "C",
}


class GitFailed(BinderError):
    """git ended with an error; the message is the last line that it said."""


async def git(*arguments: str, seconds: float = 20) -> str:
    """Run git and return what it printed.

    Raises GitFailed when it fails or takes longer than `seconds`.
    """
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
        env={**os.environ, **ENVIRONMENT},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            printed, complaint = await process.communicate()
    except TimeoutError:
        raise GitFailed(f"git did not answer within {seconds:g} seconds.", 504) from None
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
    return (fatal or lines or [""])[-1].removeprefix("fatal: ")


async def resolve_remote_ref(url: str, ref: str, seconds: float = 20) -> str | None:
    """The commit that `ref` (a branch, tag or HEAD) of the repository at `url` is now.

    Returns None when the repository has no such ref; raises GitFailed when it cannot be read.
    """
    listing = await git("ls-remote", "--", url, ref, f"{ref}^{{}}", seconds=seconds)
    found = dict(_name_and_commit(line) for line in listing.splitlines())
    for name in _candidates(ref):
        if name in found:
            return found[name]
    return None


def _name_and_commit(line: str) -> tuple[str, str]:
    commit, name = line.split("\t", 1)
    return name, commit


def _candidates(ref: str) -> Sequence[str]:
    """The full names that `ref` may mean, in git's own order; a tag's commit before its object."""
    return (
        f"{ref}^{{}}",
        ref,
        f"refs/tags/{ref}^{{}}",
        f"refs/tags/{ref}",
        f"refs/heads/{ref}",
    )
