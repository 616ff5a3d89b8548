"""The client of web APIs, against servers that behave badly in every way."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web
from yarl import URL

from binderhub_lite._version import __version__
from binderhub_lite.events import BinderError
from binderhub_lite.providers.answer import Answer, RateLimit, Unreachable
from binderhub_lite.providers.git_remote import GitRemote
from binderhub_lite.providers.private_hosts import PrivateHosts
from binderhub_lite.providers.web_api import WebApi

from ..support.web_service import WebService, web_service

HERE = PrivateHosts.of(["127.0.0.0/8"])


@pytest.fixture
async def api() -> AsyncIterator[WebApi]:
    async with WebApi(pause=0.001, most_bytes=1000) as api:
        yield api


async def get(api: WebApi, url: str, private_hosts: PrivateHosts = HERE, **how: bool) -> Answer:
    return await api.get(url, private_hosts=private_hosts, **how)


async def test_an_answer_is_whole_and_we_say_who_we_are(api: WebApi) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"a": ["b"]}, status=203, headers={"X-Some": "thing"})

    async with web_service(answer) as service:
        answered = await get(api, f"{service.url}/a%2Fb%20c?q=%2B")

    assert (answered.status, answered.json()) == (203, {"a": ["b"]})
    assert answered.headers["x-some"] == "thing"
    assert service.paths == ["/a%2Fb%20c?q=%2B"], "percent-encoding is kept"
    assert service.requests[0].headers["User-Agent"] == f"binderhub-lite/{__version__}"


async def test_two_hundred_who_ask_at_once_cost_one_request(api: WebApi) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="once")

    async with web_service(answer) as service:
        service.answering.clear()
        asking = [asyncio.create_task(get(api, service.url)) for _ in range(200)]
        while not service.requests:
            await asyncio.sleep(0)
        asking[0].cancel()
        service.answering.set()
        answers = await asyncio.gather(*asking[1:])
        await get(api, service.url)

    assert {answer.body for answer in answers} == {b"once"}
    assert len(service.requests) == 2, "an answer is shared, not kept"


@pytest.mark.parametrize(("failures", "requests"), [(1, 2), (2, 3)])
async def test_an_error_of_the_server_is_tried_again(
    api: WebApi, failures: int, requests: int
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=503 if len(service.requests) <= failures else 200)

    async with web_service(answer) as service:
        assert (await get(api, service.url)).status == 200

    assert len(service.requests) == requests


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_that_stays_broken_is_said_to_be(api: WebApi, status: int) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with web_service(answer) as service:
        with pytest.raises(Unreachable, match=f"error of its own .{status}.: try again") as caught:
            await get(api, service.url)

    assert caught.value.status_code == 502
    assert len(service.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
async def test_any_other_answer_is_an_answer_and_not_asked_for_twice(
    api: WebApi, status: int
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with web_service(answer) as service:
        assert (await get(api, service.url)).status == status

    assert len(service.requests) == 1


class CountingApi(WebApi):
    """Counts its tries: a server on a slow machine may not come to hear of them all."""

    tried = 0

    async def _once(self, url: URL, headers: Mapping[str, str], hosts: PrivateHosts) -> Answer:
        self.tried += 1
        return await super()._once(url, headers, hosts)


async def test_a_server_that_is_too_slow_is_tried_again_then_given_up() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response()

    async with CountingApi(seconds=0.05, pause=0.001) as api, web_service(answer) as service:
        service.answering.clear()
        with pytest.raises(Unreachable, match=r"did not answer within 0\.05 seconds") as caught:
            await get(api, service.url)

    assert caught.value.status_code == 504
    assert api.tried == 3


async def test_an_answer_that_never_ends_is_cut_off(api: WebApi) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 1000)

    async with web_service(answer) as service:
        with pytest.raises(Unreachable, match="more than 1,000 bytes"):
            await get(api, service.url)

    assert len(service.requests) == 1


async def test_an_answer_that_unpacks_to_too_much_is_cut_off(api: WebApi) -> None:
    async def answer(request: web.Request) -> web.Response:
        response = web.Response(body=b"0" * 10**6)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with web_service(answer) as service:
        with pytest.raises(Unreachable, match="more than 1,000 bytes"):
            await get(api, service.url)


@pytest.mark.parametrize("junk", ["", "<html>", '{"a": ', "\udcff"])
async def test_an_answer_that_is_no_json_is_said_to_be_none(api: WebApi, junk: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=junk.encode(errors="surrogateescape"))

    async with web_service(answer) as service:
        with pytest.raises(Unreachable, match="makes no sense"):
            (await get(api, service.url)).json()


def test_nor_is_one_that_is_too_deep_to_read() -> None:
    with pytest.raises(Unreachable, match="makes no sense"):
        Answer("http://x/", 200, {}, b"[" * 100_000).json()


@pytest.mark.parametrize(
    "url",
    ["http://h:99999/", "http://h:x/", "http://127.0.0.1\\@h/", "http://xn--/", "h/x", "ftp://h/"],
)
async def test_what_is_no_web_address_is_told(api: WebApi, url: str) -> None:
    with pytest.raises(BinderError, match="is no web address") as caught:
        await get(api, url)
    assert caught.value.status_code == 400


async def test_a_host_may_have_a_name_in_any_letters(api: WebApi) -> None:
    with pytest.raises(Unreachable, match=r"bücher\.invalid cannot be reached"):
        await get(api, "http://bücher.invalid/")


async def test_a_server_that_is_not_there_is_said_to_be_unreachable(api: WebApi) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 cannot be reached") as caught:
        await get(api, "http://127.0.0.1:1/")
    assert caught.value.status_code == 502


async def test_an_answer_that_is_no_http_is_no_answer(api: WebApi) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unreachable, match="cannot be reached"):
            await get(api, f"http://127.0.0.1:{port}/")


class TestRedirects:
    async def test_they_are_followed_without_the_token(self, api: WebApi) -> None:
        async def end(request: web.Request) -> web.Response:
            return web.Response(text="the end")

        async def start(request: web.Request) -> web.Response:
            if request.path == "/":
                raise web.HTTPFound("/here")
            raise web.HTTPFound(f"{elsewhere.url}/there")

        async with web_service(end) as elsewhere, web_service(start) as here:
            headers = {"Authorization": "token secret", "PRIVATE-TOKEN": "s", "Accept": "a/b"}
            answer = await api.get(f"{here.url}/", headers=headers, private_hosts=HERE)

        assert (answer.url, answer.body) == (f"{elsewhere.url}/there", b"the end")
        assert [request.headers.get("Authorization") for request in here.requests] == [
            "token secret"
        ] * 2
        (there,) = elsewhere.requests
        assert not {"Authorization", "PRIVATE-TOKEN"} & set(there.headers)
        assert there.headers["Accept"] == "a/b"

    async def test_they_may_be_only_looked_at(self, api: WebApi) -> None:
        async def answer(request: web.Request) -> web.Response:
            raise web.HTTPFound("/there")

        async with web_service(answer) as service:
            answered = await get(api, service.url, follow=False)

        assert (answered.status, answered.headers["location"]) == (302, "/there")
        assert len(service.requests) == 1

    async def test_a_circle_of_them_ends(self, api: WebApi) -> None:
        async def answer(request: web.Request) -> web.Response:
            raise web.HTTPFound("/")

        async with web_service(answer) as service:
            with pytest.raises(Unreachable, match="redirects again and again"):
                await get(api, service.url)

        assert len(service.requests) == 6

    @pytest.mark.parametrize(
        "target",
        ["file:///etc/passwd", "http://[", "gopher://host/", "http:", "http://xn--/", "//h:99999/"],
    )
    async def test_they_lead_to_the_web_or_nowhere(self, api: WebApi, target: str) -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": target})

        async with web_service(answer) as service:
            with pytest.raises(Unreachable):
                await get(api, service.url)

    async def test_they_do_not_lead_into_a_private_network(self, api: WebApi) -> None:
        async def end(request: web.Request) -> web.Response:
            return web.Response(text="secret")

        async def start(request: web.Request) -> web.Response:
            raise web.HTTPFound(inside.url)

        async with web_service(end, "127.0.0.2") as inside, web_service(start) as here:
            only_here = PrivateHosts.of(["127.0.0.1"])
            with pytest.raises(BinderError, match=r"'127\.0\.0\.2' is in a private network"):
                await get(api, here.url, only_here)

        assert (len(here.requests), inside.requests) == (1, [])


class TestPrivateNetworks:
    @pytest.fixture
    async def service(self) -> AsyncIterator[WebService]:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(text="inside")

        async with web_service(answer) as service:
            yield service

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"]
    )
    async def test_no_way_to_write_an_address_leads_there(
        self, api: WebApi, service: WebService, host: str
    ) -> None:
        port = service.url.rpartition(":")[2]

        with pytest.raises(BinderError, match=r"is in a private network|cannot be reached"):
            await get(api, f"http://{host}:{port}/", PrivateHosts())

        assert service.requests == []

    async def test_a_connection_that_is_open_already_is_not_shared(
        self, api: WebApi, service: WebService
    ) -> None:
        await get(api, service.url)

        with pytest.raises(BinderError, match="is in a private network"):
            await get(api, service.url, PrivateHosts())

    @pytest.mark.parametrize(
        "allowed", [True, ["127.0.0.1"], ["127.0.0.0/8"], ["LOCALHOST", "127.0.0.1"]]
    )
    async def test_what_is_allowed_is_reached(
        self, api: WebApi, service: WebService, allowed: bool | list[str]
    ) -> None:
        assert (await get(api, service.url, PrivateHosts.of(allowed))).body == b"inside"

    async def test_a_name_may_be_allowed_wherever_it_leads(
        self, api: WebApi, service: WebService
    ) -> None:
        url = service.url.replace("127.0.0.1", "localhost")

        assert (await get(api, url, PrivateHosts.of(["localhost"]))).body == b"inside"


class TestBehindAProxy:
    @pytest.fixture
    async def proxy(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebService]:
        """The one way out of this network: it alone knows where names lead."""

        async def answer(request: web.Request) -> web.Response:
            return web.Response(text=f"by proxy from {request.host}")

        async with web_service(answer) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            yield proxy

    async def test_the_proxy_reaches_what_we_cannot(self, api: WebApi, proxy: WebService) -> None:
        answer = await get(api, "http://far-away.invalid/x", PrivateHosts())

        assert answer.body == b"by proxy from far-away.invalid"

    @pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "169.254.169.254"])
    async def test_it_is_not_asked_for_what_is_private(
        self, api: WebApi, proxy: WebService, host: str
    ) -> None:
        with pytest.raises(BinderError, match="is in a private network"):
            await get(api, f"http://{host}/", PrivateHosts())
        assert proxy.requests == []

    async def test_git_goes_the_same_way(self, proxy: WebService) -> None:
        assert await GitRemote("http://far-away.invalid/x").resolve("HEAD") is None
        assert {request.host for request in proxy.requests} == {"far-away.invalid"}
        with pytest.raises(BinderError, match="is in a private network"):
            await GitRemote("http://127.0.0.1:1/x").resolve("HEAD")


class TestMemory:
    async def test_what_has_not_changed_is_not_sent_again(self, api: WebApi) -> None:
        async def answer(request: web.Request) -> web.Response:
            headers = {"ETag": f'"{version}"', "X-RateLimit-Remaining": str(9 - version)}
            if request.headers.get("If-None-Match") == headers["ETag"]:
                return web.Response(status=304, headers=headers)
            return web.json_response({"version": version}, headers=headers)

        async with web_service(answer) as service:
            for version in (1, 1, 2, 2):
                answered = await get(api, service.url, remember=True)
                assert (answered.status, answered.json()) == (200, {"version": version})
                assert answered.headers["x-ratelimit-remaining"] == str(9 - version)

        assert [request.headers.get("If-None-Match") for request in service.requests] == [
            None,
            '"1"',
            '"1"',
            '"2"',
        ]

    @pytest.mark.parametrize("status", [404, 422])
    async def test_what_is_missing_is_not_asked_for_again_soon(self, status: int) -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=status)

        async with WebApi() as api, web_service(answer) as service:
            for _ in range(2):
                assert (await get(api, service.url, remember=True)).status == status
            assert len(service.requests) == 1
            await get(api, service.url)
            assert len(service.requests) == 2, "who does not want that asks anew"

        async with WebApi(missing_seconds=0) as api, web_service(answer) as service:
            for _ in range(2):
                await get(api, service.url, remember=True)
            assert len(service.requests) == 2, "it is believed for its time only"

    async def test_it_is_bounded(self) -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(body=b"x" * 4000, headers={"ETag": '"x"'})

        async with WebApi(kept_bytes=10_240) as api, web_service(answer) as service:
            for path in ("/1", "/2", "/3", "/1", "/3"):
                await get(api, service.url + path, remember=True)

        known = ["If-None-Match" in request.headers for request in service.requests]
        assert known == [False, False, False, False, True]

    async def test_one_token_does_not_see_what_another_one_may(self, api: WebApi) -> None:
        async def answer(request: web.Request) -> web.Response:
            return web.Response(status=404 if "Authorization" not in request.headers else 200)

        async with web_service(answer) as service:
            assert (await get(api, service.url, remember=True)).status == 404
            headers = {"Authorization": "token x"}
            with_token = await api.get(
                service.url, headers=headers, private_hosts=HERE, remember=True
            )
            assert with_token.status == 200


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "99"}, RateLimit(3, 99)),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "99"}, RateLimit(0, 99)),
        ({"x-ratelimit-remaining": "3"}, None),
        ({"x-ratelimit-remaining": "many", "x-ratelimit-reset": "-5"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_rate_limit_is_what_the_headers_say(
    headers: dict[str, str], limit: RateLimit | None
) -> None:
    assert Answer("http://x/", 200, headers).rate_limit == limit


def test_a_wait_is_told_in_whole_minutes() -> None:
    limit = Answer("http://x/", 429, {"retry-after": "61"}).rate_limit

    assert limit is not None
    assert (limit.spent, limit.minutes) == (True, 2)
    assert not RateLimit(0, time.time() - 1).spent
    assert not RateLimit(1, time.time() + 60).spent
