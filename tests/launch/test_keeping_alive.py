"""How soon a child of ours that ends is started again."""

import asyncio

import pytest
from aiohttp import ClientSession

from binderhub_lite.events import BinderError
from binderhub_lite.launch.data_dir import DataDir
from binderhub_lite.launch.embedded_hub import EmbeddedHub
from binderhub_lite.launch.front_door import PublicAddress


@pytest.mark.parametrize("starts", [True, False])
async def test_one_that_does_not_last_is_started_less_and_less_often(
    data_dir: DataDir, http: ClientSession, monkeypatch: pytest.MonkeyPatch, starts: bool
) -> None:
    hub = EmbeddedHub(data_dir, PublicAddress("127.0.0.1", 1), http, {})
    pauses: list[float] = []

    async def at_once() -> None:
        pass

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 9:
            raise asyncio.CancelledError

    async def start() -> None:
        if not starts:
            raise BinderError("It does not start.")

    monkeypatch.setattr(asyncio, "sleep", noted)
    with pytest.raises(asyncio.CancelledError):
        await hub._keep_alive("The hub", at_once, start)
    assert pauses == [0, 1, 2, 4, 8, 16, 32, 60, 60]


async def test_one_that_lasted_is_started_again_at_once(
    data_dir: DataDir, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("binderhub_lite.launch.embedded_hub.SECONDS_THAT_LAST", -1)
    hub = EmbeddedHub(data_dir, PublicAddress("127.0.0.1", 1), http, {})
    starts = 0

    async def at_once() -> None:
        pass

    async def start() -> None:
        nonlocal starts
        starts += 1
        if starts == 100:  # with pauses between them, the test would not end in time
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await hub._keep_alive("The hub", at_once, start)
