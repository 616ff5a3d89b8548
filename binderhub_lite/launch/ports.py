"""Ports: free ones, and whether one can be listened on."""

import errno
import socket

from ..events import BinderError


def free_port(ip: str = "127.0.0.1") -> int:
    """A port of an address of this machine's that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((ip, 0))
        return int(probe.getsockname()[1])


def check_listenable(ip: str, port: int) -> None:
    """Raise BinderError, saying what to do, unless this process may listen there now."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
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
