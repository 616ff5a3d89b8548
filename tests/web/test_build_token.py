"""Build tokens: made by a page, good for one build from one host for a while."""

import time
from typing import Any

import jwt
import pytest

from .conftest import EVENTS, SECRET, Serve, Served

AUDIENCE = "local/missing"
PAST_THE_TOKEN = "There is no directory"


def token(secret: str = SECRET, algorithm: str | None = "HS256", **changes: Any) -> str:
    claims = {"exp": int(time.time()) + 60, "aud": AUDIENCE, "origin": "binder.test"} | changes
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, secret, algorithm=algorithm)


async def ask(served: Served, token: str, **headers: str) -> dict[str, Any]:
    """What becomes of a request with a token, from a page of binder.test."""
    headers = {**EVENTS, "Host": "binder.test", **headers}
    events = await served.events(f"/build/{AUDIENCE}?build_token={token}", headers)
    return events[-1]


async def test_a_page_hands_out_a_token_for_exactly_its_build(serve: Serve) -> None:
    served = await serve(build_token_expires_seconds=120)
    spec = "https%3A%2F%2Fhost%2Fa+b/HEAD"

    page = await served.get(f"/v2/git/{spec}/", headers={"Host": "binder.test"})

    found = page.page_config["buildToken"]
    assert jwt.get_unverified_header(found)["alg"] == "HS256"
    claims = jwt.decode(found, SECRET, algorithms=["HS256"], audience=f"git/{spec}")
    assert claims.keys() == {"exp", "aud", "origin"}
    assert claims["origin"] == "binder.test"
    assert 110 <= claims["exp"] - time.time() <= 120


async def test_the_token_of_a_page_opens_its_stream(served: Served) -> None:
    spec = "git/git%3A%2F%2F127.0.0.1%3A1%2Fx/HEAD"
    page = await served.get(f"/v2/{spec}")

    *_, last = await served.events(f"/build/{spec}?build_token={page.page_config['buildToken']}")

    assert "'127.0.0.1' is in a private network" in last["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://binder.test"},
        {"Host": "127.0.0.1", "Origin": "https://binder.test"},
        {"Origin": "null"},
        {"Host": "127.0.0.1:8585", "X-Forwarded-Host": "binder.test"},
    ],
)
async def test_a_token_is_good_for_pages_of_its_host(
    served: Served, headers: dict[str, str]
) -> None:
    assert PAST_THE_TOKEN in (await ask(served, token(), **headers))["message"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"secret": "x" * 80}, "Invalid build token", id="another secret"),
        pytest.param({"secret": "", "algorithm": None}, "Invalid build token", id="unsigned"),
        pytest.param({"algorithm": "HS512"}, "Invalid build token", id="another algorithm"),
        pytest.param({"aud": "local/other"}, "Invalid build token", id="another build"),
        pytest.param({"aud": None}, "Invalid build token", id="no build"),
        pytest.param({"exp": 1}, "The page has expired", id="expired"),
        pytest.param({"origin": "evil.test"}, "another host", id="another host"),
        pytest.param({"origin": None}, "another host", id="no host"),
    ],
)
async def test_any_other_token_is_refused(
    served: Served, changes: dict[str, Any], sentence: str
) -> None:
    event = await ask(served, token(**changes))

    assert (event["phase"], event["status_code"]) == ("failed", 403)
    assert sentence in event["message"]


async def test_what_is_no_token_is_refused(served: Served) -> None:
    assert (await ask(served, "nonsense"))["status_code"] == 403


@pytest.mark.parametrize("origin", ["https://evil.test", "https://binder.test:8000", "http://["])
async def test_a_page_of_another_host_cannot_use_a_token(served: Served, origin: str) -> None:
    event = await ask(served, token(), Origin=origin)

    assert (event["phase"], event["status_code"]) == ("failed", 403)


async def test_the_host_may_be_left_unchecked(serve: Serve) -> None:
    served = await serve(build_token_check_origin=False)

    event = await ask(served, token(origin="elsewhere.test"))

    assert PAST_THE_TOKEN in event["message"]


async def test_the_secret_stays_out_of_sight(served: Served) -> None:
    assert SECRET not in repr(served.site.tokens)
