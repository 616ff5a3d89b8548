"""What the tests of providers share: the client for web APIs, and one for it to ask."""

from collections.abc import AsyncIterator

import pytest

from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService, json_service


@pytest.fixture
async def web() -> AsyncIterator[WebApi]:
    async with WebApi(pause=0.01) as web:
        yield web


@pytest.fixture
async def service() -> AsyncIterator[JsonService]:
    async with json_service() as service:
        yield service
