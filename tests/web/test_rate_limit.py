"""How often an address may ask for a launch, unless a page of ours asks."""

import time

import pytest
from aiohttp import ClientSession

from binderhub_lite.web import rate_limit
from binderhub_lite.web.rate_limit import RateLimiter

from .conftest import EVENTS, Serve, Served

MISSING = "/build/local/missing"


async def ask(served: Served, path: str = MISSING, **headers: str) -> tuple[dict[str, str], str]:
    """The rate limit's headers, by the last part of their names, and the stream's text."""
    limits = {}
    start = "x-ratelimit-"
    url = served.origin + path
    async with served.http.get(url, headers={**EVENTS, **headers}) as answer:
        assert answer.status == 200
        for name, value in answer.headers.items():
            if name.lower().startswith(start):
                limits[name.lower().removeprefix(start)] = value
        return limits, (await answer.content.readuntil(b"\n\n")).decode()


async def test_who_asks_too_often_is_told_until_when(serve: Serve) -> None:
    served = await serve(config={"RateLimiter": {"limit": 2, "period_seconds": 600}})
    began = time.time()

    allowed = [await ask(served) for _ in range(2)]
    refused = [await ask(served) for _ in range(2)]

    assert [limits["remaining"] for limits, _ in allowed] == ["1", "0"]
    assert all('"phase": "waiting"' in text for _, text in allowed)
    for limits, text in refused:
        assert (limits["limit"], limits["remaining"]) == ("2", "0")
        assert began + 599 <= int(limits["reset"]) <= time.time() + 600
        assert '"status_code": 429' in text
        assert "Too many requests from your address: try again in 10 minutes" in text


async def test_each_address_has_a_limit_of_its_own(serve: Serve) -> None:
    served = await serve(config={"RateLimiter": {"limit": 1}})

    for _ in range(2):
        for address, expected in (("203.0.113.1", "0"), ("203.0.113.2", "0")):
            limits, _ = await ask(served, **{"X-Forwarded-For": address})
            assert limits["remaining"] == expected
    _, text = await ask(served, **{"X-Forwarded-For": "203.0.113.3"})
    assert "waiting" in text
    _, text = await ask(served, **{"X-Forwarded-For": "203.0.113.1"})
    assert "429" in text


async def test_pages_are_not_limited(serve: Serve) -> None:
    served = await serve(config={"RateLimiter": {"limit": 1}})
    token = (await served.get("/v2/gh/user/missing/HEAD")).page_config["buildToken"]

    for _ in range(3):
        limits, text = await ask(served, f"/build/gh/user/missing/HEAD?build_token={token}")
        assert limits == {}
        assert "waiting" in text
    limits, _ = await ask(served)
    assert limits["remaining"] == "0"


async def test_zero_is_no_limit(serve: Serve) -> None:
    served = await serve(config={"RateLimiter": {"limit": 0}})

    limits, text = await ask(served)

    assert limits == {}
    assert "waiting" in text


async def test_what_is_refused_anyway_or_asks_for_nothing_is_not_counted(
    serve: Serve, http: ClientSession
) -> None:
    served = await serve(config={"RateLimiter": {"limit": 1}})

    await served.events(MISSING, {"Accept": "text/html"})
    await served.events(f"{MISSING}?build_token=forged")
    await served.get(MISSING, "HEAD", headers=EVENTS)
    limits, _ = await ask(served)

    assert limits["remaining"] == "0"


def test_the_defaults_are_binderhubs() -> None:
    limiter = RateLimiter()

    assert (limiter.limit, limiter.period_seconds, limiter.clean_seconds) == (10, 3600, 600)


def test_a_period_begins_with_the_first_request_and_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr(rate_limit.time, "time", lambda: now)
    limiter = RateLimiter(limit=2, period_seconds=100, clean_seconds=500)

    first = limiter.count("a")
    now += 99
    assert [limiter.count("a").remaining for _ in range(3)] == [0, -1, -2]
    assert first.reset == limiter.count("a").reset == 1_000_100
    now += 1
    assert limiter.count("a").remaining == 1

    now += 501
    limiter.count("b")
    assert list(limiter._addresses) == ["b"]
