"""A real binderhub-lite: the program itself, as a process."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import yarl

from binderhub_lite.conventions import LABEL_NAMESPACE
from binderhub_lite.launch.ports import free_port

from .bridge import bridge_address

PROGRAM = [sys.executable, "-m", "binderhub_lite"]

NAMESPACES: set[str] = set()
"""Where tests have built images, which go when all tests are over."""


class Running:
    """A process whose output lines can be waited for."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str] | None = None, cwd: Any = None
    ) -> None:
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._new: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._new.put(line.rstrip("\n"))
        self._new.put(None)

    def wait_for_line(self, text: str, seconds: float = 60) -> str:
        """The first new line with `text` in it; fails when the process ends or time is over."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._new.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line with {text!r}:\n{self.output}") from None
            assert line is not None, f"ended before a line with {text!r}:\n{self.output}"
            if text in line:
                return line

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int = signal.SIGINT, seconds: float = 60) -> int:
        """Send a signal to the process alone and wait for its end; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)


class BinderProcess(Running):
    """A serving instance with a data directory of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        config: str = "",
        port: int | None = None,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        namespace: str | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or free_port()
        self.namespace = namespace or f"test-{self.port}"
        NAMESPACES.add(self.namespace)
        self.config_file = folder / "binderhub_config.py"
        self.config_file.write_text(
            f"c.BinderHub.build_namespace = {self.namespace!r}\n"
            # The tests' own git servers and gates are on Docker's bridge.
            "c.RepoProvider.allow_private_hosts = True\n"
            f"c.BinderHub.network_isolation_allow = [{bridge_address()!r}]\n"
            # What one instance closes there is closed for the builds of all.
            "c.BinderHub.network_isolation_builds = False\n"
            # They are no pages, and all at the same address.
            "c.RateLimiter.limit = 10_000\n" + config
        )
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = self.origin + "/"
        super().__init__(
            [
                *PROGRAM,
                f"--port={self.port}",
                f"--data-dir={folder / 'data'}",
                f"--config={self.config_file}",
                *arguments,
            ],
            # `make` passes the network's certificates on, which is a feature that is off here.
            {"BINDERHUB_LITE_CA_BUNDLE": "", **(environment or {})},
            cwd=folder,
        )

    def wait_until_ready(self) -> "BinderProcess":
        self.wait_for_line("BinderHub is ready at")
        return self

    def children_left(self) -> list[str]:
        """Command lines of processes that name our folder, once the instance has ended."""
        commands = (" ".join(process.info["cmdline"] or []) for process in _processes())
        return [command for command in commands if str(self.folder) in command]

    async def stream(self, spec: str, **query: str) -> AsyncIterator[dict[str, Any]]:
        """The events of a build request, to the last one."""
        async for event in stream(f"{self.url}build/{spec}", **query):
            yield event

    async def launch(self, spec: str, **query: str) -> list[dict[str, Any]]:
        return [event async for event in self.stream(spec, **query)]

    def containers(self, component: str) -> list[str]:
        """The names of this instance's containers, running or not."""
        listing = docker(
            "ps",
            "--all",
            "--format={{.Names}}",
            f"--filter=label=binderhub-lite.namespace={self.namespace}",
            f"--filter=label=binderhub-lite.component={component}",
        )
        return listing.split()


def _processes() -> Iterator[psutil.Process]:
    return psutil.process_iter(["cmdline"])


async def stream(url: str, **query: str) -> AsyncIterator[dict[str, Any]]:
    """The events of any BinderHub's build URL, to `ready` or `failed`."""
    timeout = aiohttp.ClientTimeout(total=120)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(
            _raw(url), params=query, headers={"Accept": "text/event-stream"}, ssl=False
        ) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        async for line in answer.content:
            if not line.startswith(b"data:"):
                continue
            event = json.loads(line.removeprefix(b"data:"))
            yield event
            if event["phase"] in ("ready", "failed"):
                return


def _raw(url: str) -> yarl.URL:
    """The URL as it stands: its percent-encoding is part of the protocol."""
    return yarl.URL(url, encoded=True)


async def get(url: str, **arguments: Any) -> tuple[int, str]:
    """Status and text of an answer, redirects not followed."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
        session.get(_raw(url), allow_redirects=False, ssl=False, **arguments) as answer,
    ):
        return answer.status, await answer.text()


def docker(*arguments: str) -> str:
    run = subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True)
    return run.stdout


def remove_images() -> None:
    """Remove what was built in `NAMESPACES`, tags and all."""
    for namespace in NAMESPACES:
        label = f"--filter=label={LABEL_NAMESPACE}={namespace}"
        found = set(docker("images", "--quiet", label).split())
        if found:
            docker("rmi", "--force", *found)


def docker_events(since: float, until: float, *filters: str) -> Iterator[dict[str, Any]]:
    """What the daemon did between two times (seconds since the epoch)."""
    listing = docker(
        "events",
        f"--since={since:.3f}",
        f"--until={until:.3f}",
        "--format={{json .}}",
        *(f"--filter={item}" for item in filters),
    )
    return (json.loads(line) for line in listing.splitlines())
