"""A second Docker daemon: for tests that stop it, kill it or fill its disk."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Interface
from pathlib import Path

import psutil
import pytest

SECONDS_TO_START = 60
SECONDS_TO_STOP = 60


class OwnDockerDaemon:
    """A `dockerd` that shares nothing with the machine's own.

    With `size` (such as `200m`) its data root is a file system of that size, in memory.
    Containers reach this machine at every address of its own, and nothing beyond it.
    """

    def __init__(self, size: str | None = None, arguments: tuple[str, ...] = ()) -> None:
        # Not pytest's directory: sockets below have paths of at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="dockerd-"))
        self.socket = self.folder / "docker.sock"
        self.data_root = self.folder / "data"
        self.data_root.mkdir()
        self.exec_root = self.folder / "exec"
        self._size = size
        self._arguments = arguments
        self._has_been_up = False
        self._process: subprocess.Popen[bytes] | None = None
        self._bridge = f"br-own{secrets.token_hex(3)}"
        try:
            self._prepare()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers. After `kill`, it finds what it had before."""
        # Their processes are gone, but one that nobody has waited for yet looks alive.
        for pid_file in (self.folder / "pid", self.exec_root / "containerd" / "containerd.pid"):
            pid_file.unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            assert self.is_running, f"dockerd ended:\n{self.log}"
            assert time.monotonic() < deadline, f"dockerd does not answer:\n{self.log}"
            time.sleep(0.1)
        self._has_been_up = True

    def stop(self) -> None:
        """Stop it as a service manager would: its running containers end with it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it: its containers run on, and end when it is started again."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let it hang: connections are taken, but nothing is answered until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def docker(self, *arguments: str, stdin: bytes | None = None) -> str:
        """What the docker command says when it is asked about this daemon."""
        run = subprocess.run(
            ["docker", "--host", self.url, *arguments], input=stdin, capture_output=True
        )
        assert run.returncode == 0, f"docker {' '.join(arguments)}: {run.stderr.decode()}"
        return run.stdout.decode()

    def copy_image(self, *names: str) -> None:
        """Take images over from the machine's own daemon."""
        with subprocess.Popen(["docker", "save", *names], stdout=subprocess.PIPE) as saving:
            subprocess.run(
                ["docker", "--host", self.url, "load"],
                stdin=saving.stdout,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        assert saving.returncode == 0

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for it, its containers' shims included."""
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(str(self.folder) in part for part in process.info["cmdline"] or [])
        ]

    @property
    def log(self) -> str:
        """The last lines that it said."""
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-20:])

    def close(self) -> None:
        """End it, with all containers and networks, and remove every trace."""
        try:
            if self._has_been_up:
                self._empty()
            self.stop()
        finally:
            self._unmount()
            subprocess.run(["ip", "link", "delete", self._bridge])
            shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        (self.folder / "daemon.json").write_text("{}")
        # A bridge that it is given. It must not be told to do without one: dockerd would
        # delete docker0, which belongs to the machine's own daemon.
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("address", "add", str(_free_subnet()), "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        if self._size is not None:
            options = f"size={self._size},mode=0711"
            _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.data_root))

    def _unmount(self) -> None:
        """Our file system, and what dockerd mounts on its data root and leaves when killed."""
        while self._is_mounted():
            subprocess.run(["umount", "--lazy", str(self.data_root)], check=True)

    def _is_mounted(self) -> bool:
        # Not os.path.ismount: that does not see a directory that is mounted on itself.
        return f" {self.data_root} " in Path("/proc/self/mountinfo").read_text()

    def _command(self) -> list[str]:
        return [
            "dockerd",
            f"--host={self.url}",
            f"--data-root={self.data_root}",
            f"--exec-root={self.exec_root}",
            f"--pidfile={self.folder / 'pid'}",
            f"--config-file={self.folder / 'daemon.json'}",  # not the machine's own
            f"--bridge={self._bridge}",
            # The rules of the machine's own daemon are not ours to rewrite.
            "--iptables=false",
            "--ip-forward=false",
            "--ip-masq=false",
            "--shutdown-timeout=2",
            *self._arguments,
        ]

    def _answers(self) -> bool:
        run = subprocess.run(["docker", "--host", self.url, "version"], capture_output=True)
        return run.returncode == 0

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        self.resume()
        self._signal(number)
        self._process.wait(SECONDS_TO_STOP)
        deadline = time.monotonic() + SECONDS_TO_STOP
        while any(process.name() == "containerd" for process in self.processes()):
            assert time.monotonic() < deadline, "containerd outlives dockerd"
            time.sleep(0.05)

    def _signal(self, number: int) -> None:
        if self.is_running:
            assert self._process is not None
            self._process.send_signal(number)

    def _empty(self) -> None:
        """Without this, processes and bridges would outlive it."""
        self.resume()
        if not self.is_running:
            self.start()
        containers = self.docker("ps", "--all", "--quiet").split()
        if containers:
            self.docker("rm", "--force", *containers)
        self.docker("network", "prune", "--force")


@contextmanager
def own_docker_daemon(size: str | None = None, *arguments: str) -> Iterator[OwnDockerDaemon]:
    """A daemon for one test or module, with more of dockerd's own `arguments`.

    Skips where none can be started.
    """
    if os.geteuid() != 0 or shutil.which("dockerd") is None or shutil.which("ip") is None:
        pytest.skip("a Docker daemon of one's own needs root, dockerd and ip")
    daemon = OwnDockerDaemon(size, arguments)
    try:
        yield daemon
    finally:
        daemon.close()


def _free_subnet() -> IPv4Interface:
    """An address, with its network, that no interface and no route of this machine touches."""
    routes = json.loads(_run("ip", "-json", "-4", "route"))
    taken = [IPv4Interface(r["dst"]).network for r in routes if r["dst"] != "default"]
    for third in secrets.SystemRandom().sample(range(256), 256):
        address = IPv4Interface(f"10.213.{third}.1/24")
        if not any(address.network.overlaps(network) for network in taken):
            return address
    raise AssertionError("every network in 10.213.0.0/16 is taken")


def _ip(*arguments: str) -> None:
    _run("ip", *arguments)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
