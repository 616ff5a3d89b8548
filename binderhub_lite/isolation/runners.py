"""Who runs the script: this process, where it may, else a helper container."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiodocker.exceptions import DockerError

from ..conventions import Component, labels
from ..dockerd import DockerDaemon, remove

SECONDS = 60
SYSTEM_PATHS = ":/usr/sbin:/sbin"


class ScriptFailed(Exception):
    """The script was not run or did not succeed; the message says why."""


def may_run_here(bridges: Sequence[str]) -> bool:
    """Whether this process may change the firewall of the machine that has these interfaces.

    On a Mac, or where we are in a container ourselves, that is another machine than ours.
    """
    return (
        os.geteuid() == 0
        and bool(bridges)
        and all(Path("/sys/class/net", bridge).exists() for bridge in bridges)
        and shutil.which("iptables", path=os.environ.get("PATH", "") + SYSTEM_PATHS) is not None
    )


async def run_here(script: str) -> None:
    """Run the script as a child. Raises ScriptFailed."""
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        script,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SECONDS):
            _, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ScriptFailed(f"iptables took more than {SECONDS} seconds") from None
    if process.returncode:
        raise ScriptFailed(_reason(errors.decode(errors="replace")))


async def run_in_helper(daemon: DockerDaemon, image: str, script: str) -> None:
    """Run the script in a short-lived container that sees the daemon's machine as root does.

    Whoever may use Docker's socket may do that; it is how somebody in the group `docker`, or
    on a Mac, reaches the firewall. The machine's own iptables does the work: the image only
    has to have `chroot`. Raises ScriptFailed, and what Docker raises.
    """
    config: dict[str, Any] = {
        "Image": image,
        "Entrypoint": ["chroot", "/machine", "sh", "-c", script],
        "Cmd": [],
        "User": "0",
        "Labels": labels(daemon.namespace, Component.HELPER),
        "HostConfig": {
            "NetworkMode": "host",
            "UsernsMode": "host",
            "Binds": ["/:/machine"],
            "CapDrop": ["ALL"],
            "CapAdd": ["NET_ADMIN", "NET_RAW", "SYS_CHROOT"],
            "SecurityOpt": ["label=disable", "apparmor=unconfined"],
        },
    }
    if not await daemon.has_image(image):
        await daemon.client.images.pull(image)
    container = await daemon.client.containers.create(config)
    try:
        await container.start()
        async with asyncio.timeout(SECONDS):
            ended = await container.wait()
        if ended["StatusCode"]:
            said = await container.log(stdout=True, stderr=True)
            raise ScriptFailed(_reason("".join(said)))
    except TimeoutError:
        raise ScriptFailed(f"the helper container took more than {SECONDS} seconds") from None
    except DockerError as error:
        raise ScriptFailed(error.message.strip()) from error
    finally:
        await asyncio.shield(remove(container))


def _reason(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "; ".join(lines[-4:]) or "no reason given"
