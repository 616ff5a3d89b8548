"""Ports: free ones, and whether one can be listened on."""

import errno
import random
import socket
from contextlib import suppress

from ..events import BinderError

# Linux (from 32768) and macOS (from 49152) give higher ports to whoever asks for any, as every
# outgoing connection and every published container port does: one of those that is free now
# need not be free a moment later.
_NOT_GIVEN_AWAY = range(20_000, 32_768)


def free_port(ip: str = "127.0.0.1") -> int:
    """A port of an address of this machine's that nothing uses now or is likely to be given.

    Raises BinderError if there is none.
    """
    for port in random.sample(_NOT_GIVEN_AWAY, len(_NOT_GIVEN_AWAY)):
        with socket.socket(_family(ip)) as probe, suppress(OSError):
            probe.bind((ip, port))
            return port
    raise BinderError(
        f"No port from {_NOT_GIVEN_AWAY[0]} to {_NOT_GIVEN_AWAY[-1]} is free on {ip}: "
        "stop programs that hold them."
    )


def check_listenable(ip: str, port: int) -> None:
    """Raise BinderError, saying what to do, unless this process may listen there now."""
    with socket.socket(_family(ip)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError as error:
            raise BinderError(_why_not(ip, port, error)) from error


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def _why_not(ip: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program: "
            "stop that one, or choose another port with --port."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this user: choose one above 1023 with --port."
    return f"This machine cannot listen on {ip}:{port} ({error.strerror}): check --ip and --port."
