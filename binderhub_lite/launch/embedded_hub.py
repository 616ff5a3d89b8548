"""The hub that comes along: JupyterHub as a child process, behind the front door."""

import asyncio
import importlib.util
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from ..events import BinderError
from .data_dir import DataDir
from .front_door import FrontDoor, PublicAddress
from .hub_address import HubAddress
from .hub_client import HubClient, HubUnreachable
from .ports import check_listenable, free_port
from .process import ChildProcess, last_lines

log = logging.getLogger(__name__)

BASE_URL = "/jupyter/"
RECORD = "hub.json"
SETTINGS = "hub_settings.json"
SETTINGS_VARIABLE = "BINDERHUB_LITE_HUB_SETTINGS"
CONFIG = Path(__file__).with_name("jupyterhub_config.py")
HUB_TEMPLATES = Path(__file__).with_name("hub_templates")
SECONDS_TO_START = 60
LONGEST_PAUSE = 60
SECONDS_THAT_LAST = 120
HUB_PACKAGES = ("jupyterhub", "dockerspawner", "jupyterhub_idle_culler")


@dataclass
class EmbeddedHub:
    """JupyterHub and its proxy, as children of this process.

    `options` are the settings that the packaged jupyterhub_config.py reads;
    `arguments` are command-line arguments for `jupyterhub` itself.
    """

    data_dir: DataDir
    address: PublicAddress
    http: ClientSession
    options: dict[str, Any]
    arguments: Sequence[str] = ()
    own_address: HubAddress = field(default_factory=HubAddress)
    token: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)

    def __post_init__(self) -> None:
        self.front_door = FrontDoor(self.data_dir, self.address, self.http)
        self._port = self._choose_port()
        self._process: ChildProcess | None = None
        self._watchers: list[asyncio.Task[None]] = []
        self._default_target = ""

    @property
    def url(self) -> str:
        """The hub's root, as this process reaches it."""
        return f"http://{self.own_address.ip}:{self._port}{BASE_URL}"

    @property
    def servers_reach(self) -> tuple[str, int] | None:
        """The address and port of this machine where servers need the hub's API, if they do."""
        if self.own_address.servers_host != self.own_address.ip:
            return None
        return self.own_address.ip, self._port

    @property
    def client(self) -> HubClient:
        return HubClient(self.http, self.url, self.token)

    async def start(self, default_target: str) -> None:
        """Start hub and proxy, all else than the hub's paths leading to `default_target`.

        Takes the place of what a killed process of ours has left. Returns when both take
        requests; raises BinderError, leaving nothing behind, when one of them cannot start.
        """
        self._default_target = default_target
        _check_installed()
        try:
            await self._stop_predecessor()
            await self._open_front_door()
            await self._start_hub()
        except BaseException:
            await asyncio.shield(self.stop())
            raise
        self._watchers = [
            asyncio.create_task(self._keep_alive("The hub", self._hub_ended, self._start_hub)),
            asyncio.create_task(
                self._keep_alive("The proxy", self._proxy_ended, self._reopen_front_door)
            ),
        ]

    async def stop(self) -> None:
        """Stop both; the servers that run stay as they are."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        if self._process is not None:
            await self._process.stop()
        self._note_port()
        await self.front_door.close()

    def _choose_port(self) -> int:
        """The port of the last time, where a proxy that we take over and servers find the hub."""
        ip = self.own_address.ip
        before = self.data_dir.read(RECORD).get("port")
        predecessor = ChildProcess.from_record(self.data_dir.read(RECORD).get("process"))
        if not isinstance(before, int):
            return free_port(ip)
        if predecessor is None:
            try:
                check_listenable(ip, before)
            except BinderError:
                return free_port(ip)
        return before

    def _note_port(self) -> None:
        process = self._process if self._process is not None and self._process.running else None
        record = process.record if process is not None else None
        self.data_dir.write(RECORD, {"process": record, "port": self._port})

    async def _stop_predecessor(self) -> None:
        process = ChildProcess.from_record(self.data_dir.read(RECORD).get("process"))
        if process is not None:
            log.info("Taking the place of the hub that a killed process has left")
            await process.stop()

    async def _open_front_door(self) -> None:
        await self.front_door.open(self._default_target, f"{self.url}hub/error")

    async def _reopen_front_door(self) -> None:
        await self._open_front_door()
        # The hub's settings name the proxy's port and token, and it sets all routes anew.
        if self._process is not None:
            await self._process.stop()

    async def _start_hub(self) -> None:
        log_file = self.data_dir.log_file("jupyterhub")
        settings = self.data_dir.write(SETTINGS, self._settings())
        command = [
            sys.executable,
            "-m",
            "jupyterhub",
            f"--config={CONFIG}",
            *self.arguments,
        ]
        environment = {**os.environ, SETTINGS_VARIABLE: str(settings)}
        self._process = await ChildProcess.start(command, environment, log_file)
        self._note_port()
        await self._wait_until_answering(log_file)

    def _settings(self) -> dict[str, Any]:
        return {
            **self.options,
            "data_dir": str(self.data_dir.path),
            "bind_url": f"{self.address.scheme}://{self.address.ip}:{self.address.port}{BASE_URL}",
            "hub_bind_url": f"http://{self.own_address.ip}:{self._port}",
            "hub_templates": str(HUB_TEMPLATES),
            "hub_url_for_servers": self.own_address.url_for_servers(self._port),
            "extra_hosts": self.own_address.extra_hosts,
            "proxy_api_url": self.front_door.api_url,
            "proxy_token": self.front_door.token,
            "binder_token": self.token,
        }

    async def _wait_until_answering(self, log_file: Path) -> None:
        deadline = asyncio.get_running_loop().time() + SECONDS_TO_START
        while True:
            try:
                return await self.client.check()
            except HubUnreachable:
                pass
            if self._process is None or not self._process.running:
                raise BinderError(f"JupyterHub did not start:\n{last_lines(log_file, 12)}")
            if asyncio.get_running_loop().time() > deadline:
                raise BinderError(
                    f"JupyterHub did not start within {SECONDS_TO_START} seconds: see {log_file}."
                )
            await asyncio.sleep(0.1)

    async def _hub_ended(self) -> None:
        if self._process is not None:
            await self._process.ended()

    async def _proxy_ended(self) -> None:
        if self.front_door.process is not None:
            await self.front_door.process.ended()

    async def _keep_alive(self, name: str, ended: Any, start: Any) -> None:
        """Start a child again whenever it ends, waiting longer each time it does not last."""
        clock = asyncio.get_running_loop().time
        pause, started = 0, clock()
        while True:
            await ended()
            pause = 0 if clock() - started > SECONDS_THAT_LAST else pause
            log.warning(
                "%s ended; it is started again in %d seconds (its log is in %s)",
                name,
                pause,
                self.data_dir.path,
            )
            await asyncio.sleep(pause)
            started, pause = clock(), min(LONGEST_PAUSE, 2 * pause or 1)
            try:
                await start()
            except BinderError as error:
                log.error("%s did not start: %s", name, error.message)


def _check_installed() -> None:
    missing = [name for name in HUB_PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise BinderError(
            f"The hub's packages are not installed ({', '.join(missing)}): run "
            "`pip install 'binderhub-lite[hub]'`, or use `make install`, which does that."
        )
