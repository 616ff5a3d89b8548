"""A machine beyond this one: a network namespace with addresses of its own, reached by routing."""

import fcntl
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

METADATA = "169.254.169.254"
PORTS = (53, 80)

LISTEN = """
import socket, sys, threading
for port in sys.argv[1:]:
    listener = socket.create_server(("", int(port)))
    def serve(listener=listener):
        while True:
            listener.accept()[0].close()
    threading.Thread(target=serve).start()
print("ready", flush=True)
"""


@contextmanager
def machine_beyond() -> Iterator[tuple[str, str]]:
    """Listens on ports 53 and 80 of the two addresses that it yields, and of a cloud's metadata.

    Only one of this machine's test runs has the metadata address at a time; others wait.
    """
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("a machine beyond this one needs root and ip")
    with Path("/tmp/binderhub-lite-tests-metadata.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        name = f"beyond-{secrets.token_hex(3)}"
        here, there = f"{name}-a", f"{name}-b"
        subnet = f"198.18.{secrets.randbelow(256)}"
        try:
            _ip("netns", "add", name)
            _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
            _ip("address", "add", f"{subnet}.1/24", "dev", here)
            _ip("link", "set", here, "up")
            for address in (f"{subnet}.2/24", f"{subnet}.3/24", f"{METADATA}/32"):
                _ip("-n", name, "address", "add", address, "dev", there)
            _ip("-n", name, "link", "set", there, "up")
            _ip("-n", name, "route", "add", "default", "via", f"{subnet}.1")
            _ip("route", "add", f"{METADATA}/32", "via", f"{subnet}.2")
            with _listening(name):
                yield f"{subnet}.2", f"{subnet}.3"
        finally:
            subprocess.run(["ip", "link", "delete", here], check=False)  # the route goes with it
            subprocess.run(["ip", "netns", "delete", name], check=False)


@contextmanager
def _listening(name: str) -> Iterator[None]:
    command = ["ip", "netns", "exec", name, "python3", "-c", LISTEN, *map(str, PORTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
