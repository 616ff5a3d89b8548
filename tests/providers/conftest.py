"""What the tests of providers share: the client for web APIs."""

from collections.abc import AsyncIterator

import pytest

from binderhub_lite.providers.web_api import WebApi


@pytest.fixture
async def web() -> AsyncIterator[WebApi]:
    async with WebApi(pause=0.01) as web:
        yield web
