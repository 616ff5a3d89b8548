"""What the tests of providers share: a service that has a web API."""

from collections.abc import AsyncIterator

import pytest

from ..support.json_service import JsonService, json_service


@pytest.fixture
async def service() -> AsyncIterator[JsonService]:
    async with json_service() as service:
        yield service
