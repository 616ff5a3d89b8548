"""A row of the table: options, what a configuration says, and the look at what it does."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from binderhub_lite.app import BinderHub
from binderhub_lite.instance import Instance
from binderhub_lite.launch.ports import free_port

from ..support.hub_api import HubApi, hub_api
from ..support.instance import docker
from ..support.tiny_builder import QUICK

NAMESPACE = f"every-option-{os.getpid()}"

# What every row starts from; the options of the row come after it, and may replace it.
BASE = """
c.BinderHub.ip = "127.0.0.1"
c.BinderHub.hub_url = {hub!r}
c.BinderHub.hub_api_token = "the-token-of-the-hub"
c.BinderHub.build_namespace = {namespace!r}
c.BinderHub.image_prefix = {namespace!r} + "-"
c.BinderHub.build_image = {builder!r}
c.BinderHub.image_gc_interval = 0
c.BinderHub.network_isolation = False
c.Launcher.retries = 0
c.LocalRepoProvider.root = {shared!r}
"""


@dataclass
class Started:
    """A running application, seen from outside."""

    app: BinderHub
    instance: Instance
    folder: Path
    hub: HubApi
    http: ClientSession
    capture: pytest.CaptureFixture[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app.port}{self.app.base_url}"

    async def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        async with self.http.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    async def page(self, path: str = "", **headers: str) -> str:
        status, text, _ = await self.get(path, **headers)
        assert status == 200, text
        return text

    async def events(
        self, spec: str = "local/hello", headers: Mapping[str, str] | None = None, **query: str
    ) -> list[dict[str, Any]]:
        url = f"{self.url}build/{spec}"
        accept = {"Accept": "text/event-stream", **(headers or {})}
        found = []
        async with self.http.get(url, params=query, headers=accept) as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    found.append(json.loads(line.removeprefix(b"data: ")))
                    if found[-1]["phase"] in ("ready", "failed"):
                        break
        return found

    @asynccontextmanager
    async def building(self) -> AsyncIterator[dict[str, Any]]:
        """Docker's facts of the builder container of a build that does not end by itself."""
        watching = asyncio.create_task(self.events())
        try:
            yield await self._builder()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _builder(self) -> dict[str, Any]:
        filters = [
            f"--filter=label=binderhub-lite.namespace={self.app.build_namespace}",
            "--filter=label=binderhub-lite.component=build",
        ]
        for _ in range(200):
            names = (await asyncio.to_thread(docker, "ps", "--quiet", *filters)).split()
            if names:
                (facts,) = json.loads(await asyncio.to_thread(docker, "inspect", names[0]))
                return dict(facts)
            await asyncio.sleep(0.05)
        raise AssertionError("no builder container runs")

    def log(self) -> str:
        """What the application has logged since this was last asked."""
        return self.capture.readouterr().err


Check = Callable[[Started], Awaitable[None]]


@dataclass(frozen=True)
class Row:
    options: tuple[str, ...]
    config: str
    check: Check
    arguments: tuple[str, ...] = ()
    refused: str = ""
    """The sentence with which the start is refused; then there is nothing to check."""


ROWS: list[Row] = []


def row(*options: str, config: str, arguments: tuple[str, ...] = ()) -> Callable[[Check], Check]:
    """Registers the check of what `options` do, when the file says `config` in addition."""

    def register(check: Check) -> Check:
        ROWS.append(Row(options, config, check, arguments))
        return check

    return register


def refused(option: str, config: str, sentence: str) -> None:
    async def nothing(started: Started) -> None:
        raise AssertionError("it has started")

    ROWS.append(Row((option,), config, nothing, refused=sentence))


@asynccontextmanager
async def started(
    row: Row, folder: Path, capture: pytest.CaptureFixture[str]
) -> AsyncIterator[Started]:
    for name in ("hello", "other"):
        (folder / "shared" / name).mkdir(parents=True)
        (folder / "shared" / name / "README").write_text(f"{folder}")
    for name in ("ca.crt", "docker.json"):
        (folder / name).write_text("{}")
    port = free_port()
    async with hub_api() as hub, ClientSession() as http:
        facts = {
            "hub": hub.url,
            "namespace": NAMESPACE,
            "builder": QUICK,
            "shared": str(folder / "shared"),
            "folder": str(folder),
            "port": port,
            "docker_host": os.environ.get("DOCKER_HOST", "/var/run/docker.sock"),
        }
        own = row.config.format(**facts) if "{folder" in row.config else row.config
        for name, value in facts.items():
            own = own.replace(f"{{{name}!r}}", repr(value)).replace(f"{{{name}}}", str(value))
        file = folder / "binderhub_config.py"
        file.write_text(f"c.BinderHub.port = {port}\n" + BASE.format(**facts) + own)
        app = BinderHub(data_dir=str(folder / "data"))
        app.initialize(["--config", str(file), *row.arguments])
        async with app.running(asyncio.get_running_loop().create_future()) as instance:
            instance.take_everything_down = True
            yield Started(app, instance, folder, hub, http, capture)
