"""A gate that a build's RUN step waits at until the test opens it."""

import fcntl
import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The step reads from the gate until there is something to read. The number at its end makes
# each gate's a step that Docker's build cache does not know.
RUN_WAIT = (
    "RUN python3 -c \"import socket; print('at the gate', flush=True); "
    "socket.create_connection(('{address}', {port})).recv(1)\" # {number}\n"
)


# RUN steps are on Docker's default bridge, whoever's they are: rules of one test's instance
# for them would close the gates of a test that runs beside it.
DEFAULT_BRIDGE = Path(tempfile.gettempdir()) / "binderhub-lite-tests-default-bridge.lock"


@contextmanager
def default_bridge(*, alone: bool) -> Iterator[None]:
    """Wait until no other process's tests are in the way, and keep them out of it."""
    with DEFAULT_BRIDGE.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


class Gate:
    """Listens on an address that build containers reach."""

    def __init__(self, address: str) -> None:
        self._listener = socket.create_server((address, 0))
        self._open = threading.Event()
        self._reached = threading.Event()
        port = self._listener.getsockname()[1]
        self.dockerfile_line = RUN_WAIT.format(
            address=address, port=port, number=secrets.token_hex(8)
        )
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._reached.set()
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        self._open.wait()
        connection.sendall(b".")
        connection.close()

    def wait_until_reached(self, seconds: float = 60) -> None:
        assert self._reached.wait(seconds), "no build came to the gate"

    def open(self) -> None:
        self._open.set()

    def close(self) -> None:
        self._open.set()
        self._listener.close()
