"""A hub that breaks on demand, and directories for what is started here."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from binderhub_lite.launch import HubClient
from binderhub_lite.launch.data_dir import DataDir

from ..support.hub_api import TOKEN, HubApi, hub_api


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def hub() -> AsyncIterator[HubApi]:
    async with hub_api() as hub:
        yield hub


@pytest.fixture
def client(http: ClientSession, hub: HubApi) -> HubClient:
    return HubClient(http, hub.url, TOKEN)


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[DataDir]:
    data_dir = DataDir(tmp_path / "data")
    data_dir.open()
    yield data_dir
    data_dir.close()
