"""Logging in, as far as no hub is needed for it: tests/e2e/test_logins.py has the real one."""

import secrets
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from aiohttp import ClientSession
from yarl import URL

from binderhub_lite.launch import HubClient
from binderhub_lite.launch.hub_oauth import HubOAuth
from binderhub_lite.web.login import ALGORITHM, Login

from ..support.hub_api import TOKEN, HubApi
from .conftest import Answer, Serve, Served

KEY = secrets.token_hex(32)
NOBODY = "http://127.0.0.1:1/jupyter/"
EVENTS = {"Accept": "text/event-stream"}


def login(http: ClientSession, base_url: str = "/", public_url: str = "") -> Login:
    """Logins at a hub that does not answer."""
    return Login(HubOAuth(hub=HubClient(http, NOBODY, "token", public_url)), KEY, base_url)


@pytest.fixture
async def closed(serve: Serve, http: ClientSession) -> Served:
    """A site for people who are logged in."""
    return await serve({"login": login(http)})


def state_of(answer: Answer) -> str:
    """OAuth2's `state` of an answer that sends a person to the hub."""
    assert answer.status == 302, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]


def cookie_of(answer: Answer) -> dict[str, str]:
    return {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}


def target_of(answer: Answer) -> str:
    claims = jwt.decode(state_of(answer), KEY, algorithms=[ALGORITHM])
    return str(claims["target"])


async def test_a_page_leads_to_the_hub_which_leads_back_here(closed: Served) -> None:
    answer = await closed.get("/v2/gh/user/repo/HEAD?urlpath=lab%2Ftree%2Fa.md")

    to = urlsplit(answer.headers["Location"])
    assert to.path == "/jupyter/hub/api/oauth2/authorize"
    query = {name: values[0] for name, values in parse_qs(to.query).items()}
    assert query == {
        "response_type": "code",
        "client_id": "service-binder",
        "redirect_uri": f"{closed.origin}/oauth_callback",
        "state": query["state"],
    }
    assert target_of(answer) == "/v2/gh/user/repo/HEAD?urlpath=lab%2Ftree%2Fa.md"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


async def test_behind_https_the_cookie_never_goes_without(closed: Served) -> None:
    answer = await closed.get("/", headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_an_outside_hub_under_names_of_its_own(
    serve: Serve, http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_CLIENT_ID", "service-from-the-environment")
    outside = login(http, public_url="https://hub.test/prefix/")
    outside.oauth.oauth_redirect_uri = "https://binder.test/oauth_callback"
    answer = await (await serve({"login": outside})).get("/about")

    assert answer.headers["Location"].startswith(
        "https://hub.test/prefix/hub/api/oauth2/authorize?response_type=code"
        "&client_id=service-from-the-environment"
        "&redirect_uri=https%3A%2F%2Fbinder.test%2Foauth_callback&state="
    )


@pytest.mark.parametrize("path", ["//evil.test/", "/\\evil.test/"])
async def test_nobody_is_led_to_another_site(closed: Served, path: str) -> None:
    assert target_of(await closed.get(path)) == "/"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health", 200),
        ("/versions", 200),
        ("/metrics", 200),
        ("/badge.svg", 200),
        ("/badge_logo.svg", 200),
        ("/favicon.ico", 200),
        ("/static/images/logo.svg", 200),
        ("/api/builds", 403),
        ("/api/builds/x/log", 403),
        ("/api/repoproviders", 403),
        ("/no/such/page", 302),
        ("/about", 302),
    ],
)
async def test_what_is_open_and_what_is_not(closed: Served, path: str, status: int) -> None:
    assert (await closed.get(path)).status == status


async def test_a_stream_says_no_with_an_event(closed: Served) -> None:
    (event,) = await closed.events("/build/gh/user/repo/HEAD")
    assert (event["phase"], event["status_code"]) == ("failed", 403)
    assert "logged in" in event["message"]


async def test_who_cancels_a_build_is_logged_in(
    serve: Serve, http: ClientSession, hub: HubApi
) -> None:
    oauth = HubOAuth(hub=HubClient(http, hub.url, TOKEN))
    served = await serve({"login": Login(oauth, KEY)})
    logged_in = {"Authorization": f"token {TOKEN}"}
    spec = "git/git%3A%2F%2F127.0.0.1%3A1%2Fx/HEAD"
    page = await served.get(f"/v2/{spec}", headers=logged_in)
    token = page.page_config["buildToken"]
    url = URL(f"{served.origin}/build/{spec}?build_token={token}", encoded=True)

    async with http.delete(url) as refused:
        assert (refused.status, "logged in" in await refused.text()) == (403, True)
    async with http.delete(url, headers=logged_in) as answer:
        assert (answer.status, "No build of" in await answer.text()) == (404, True)


async def test_a_hub_that_does_not_answer_is_no_reason_to_let_people_in(closed: Served) -> None:
    token = {"Authorization": "token some-token"}
    assert (await closed.get("/", headers=token)).status == 502
    (event,) = await closed.events("/build/gh/user/repo/HEAD", EVENTS | token)
    assert event["phase"] == "failed"
    assert "JupyterHub does not answer" in event["message"]


async def test_a_login_ends_in_the_browser_where_it_began(closed: Served) -> None:
    begun, elsewhere = await closed.get("/about"), await closed.get("/about")
    end = f"/oauth_callback?code=any&state={state_of(begun)}"

    answer = await closed.get(end)
    assert answer.status == 400
    assert "began in another browser" in answer.text
    # Another session may be that of another tab: it logs in by itself, on the way to the page.
    answer = await closed.get(end, headers=cookie_of(elsewhere))
    assert (answer.status, answer.headers["Location"]) == (302, "/about")
    assert "Set-Cookie" not in answer.headers
    # In the right one it goes on: to the hub, which is not there.
    assert (await closed.get(end, headers=cookie_of(begun))).status == 502


async def test_a_state_of_somebody_elses_making(closed: Served) -> None:
    begun = await closed.get("/about")
    claims = jwt.decode(state_of(begun), KEY, algorithms=[ALGORITHM])
    forged = jwt.encode(claims, "another key, " * 4, algorithm=ALGORITHM)
    expired = jwt.encode({**claims, "exp": 1}, KEY, algorithm=ALGORITHM)
    for state in (forged, expired, "junk", ""):
        answer = await closed.get(
            f"/oauth_callback?code=any&state={state}", headers=cookie_of(begun)
        )
        assert answer.status == 400


async def test_what_the_hub_says_against_a_login_is_shown(closed: Served) -> None:
    begun = await closed.get("/about")
    answer = await closed.get(
        f"/oauth_callback?error=access_denied&error_description=Not+you&state={state_of(begun)}",
        headers=cookie_of(begun),
    )
    assert answer.status == 403
    assert "Not you" in answer.text


async def test_logging_out_ends_at_the_hub(closed: Served) -> None:
    begun = await closed.get("/about")
    answer = await closed.get("/logout", headers=cookie_of(begun))
    assert answer.headers["Location"] == "/jupyter/hub/logout"
    assert "binder-session" in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


async def test_without_logins_nobody_is_asked(served: Served) -> None:
    assert (await served.get("/about")).status == 200
    assert (await served.get("/logout")).status == 404
    assert (await served.get("/oauth_callback")).status == 404


async def test_two_instances_do_not_share_a_cookie(closed: Served, serve: Serve) -> None:
    assert closed.site.login is not None
    other = await serve({"login": replace(closed.site.login, key=secrets.token_hex(32))})
    cookies = {str(cookie_of(await site.get("/")))[:35] for site in (closed, other)}
    assert len(cookies) == 2
