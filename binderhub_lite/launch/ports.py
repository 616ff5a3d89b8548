"""Ports: free ones, and whether one can be listened on."""

import errno
import random
import socket
from contextlib import suppress

from ephemeral_port_reserve import reserve

from ..events import BinderError

# Linux (from 32768) and macOS (from 49152) give higher ports to whoever asks for any, as every
# outgoing connection and every published container port does.
_NOT_GIVEN_AWAY = range(20_000, 32_768)


def free_port(ip: str = "127.0.0.1") -> int:
    """A port of an IPv4 address of this machine's that nothing uses.

    It is kept for a minute: this does not give it again, to another process neither, but who
    names it may listen there.
    """
    for port in random.sample(_NOT_GIVEN_AWAY, 100):
        if _is_unused(ip, port):
            return int(reserve(ip, port))
    return int(reserve(ip))


def _is_unused(ip: str, port: int) -> bool:
    """Whether nobody listens there or (without SO_REUSEADDR one is told) keeps it."""
    with socket.socket() as probe, suppress(OSError):
        probe.bind((ip, port))
        return True
    return False


def check_listenable(ip: str, port: int) -> None:
    """Raise BinderError, saying what to do, unless this process may listen there now."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ip, port))
    except OSError as error:
        raise BinderError(_why_not(ip, port, error)) from error


def _why_not(ip: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program: "
            "stop that one, or choose another port with --port."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this user: choose one above 1023 with --port."
    return f"This machine cannot listen on {ip}:{port} ({error.strerror}): check --ip and --port."
