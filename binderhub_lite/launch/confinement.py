"""How much of the machine a server's container gets."""

from typing import Any

import psutil

# Docker's own choice, but for raw sockets and device nodes.
CAPABILITIES_FOR_SUDO = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
# Docker's default is 1024: where all want the processor, our own processes come first.
CPU_SHARES = 512


def default_memory() -> int:
    """Bytes that one server may take: half of the machine's, so that none takes it down alone."""
    return int(psutil.virtual_memory().total // 2)


def confinement(memory: int | str | None, processes: int, *, sudo: bool) -> dict[str, Any]:
    """Docker's host configuration for a server; names as in docker-py's `create_host_config`.

    Jupyter needs no capability. Docker mounts `/sys` read-only by itself.
    """
    rights: dict[str, Any] = (
        {"cap_add": list(CAPABILITIES_FOR_SUDO)}
        if sudo
        else {"security_opt": ["no-new-privileges"]}
    )
    # Else Docker grants as much swap again, and a server that swaps slows down everybody.
    swap = {"memswap_limit": memory} if memory else {}
    return {
        "cap_drop": ["ALL"],
        "pids_limit": processes,
        "cpu_shares": CPU_SHARES,
        **swap,
        **rights,
    }
