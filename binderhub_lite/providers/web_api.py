"""The one client for providers' web APIs: bounded, polite, and never led into private networks."""

import functools
import logging
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from cachetools import LRUCache, TTLCache
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)
from yarl import URL

from .._version import __version__
from ..events import BinderError
from ..networks import Network
from ..single_flight import SingleFlight
from .answer import Answer, RateLimit, Unreachable
from .private_hosts import (
    EVERYTHING,
    NO_PRIVATE_HOSTS,
    PrivateAddress,
    PrivateHosts,
    open_socket,
    proxy_for,
    refusal,
)

log = logging.getLogger(__name__)

USER_AGENT = f"binderhub-lite/{__version__}"
REDIRECTS = (301, 302, 303, 307, 308)
MISSING = (404, 422)
NOT_MODIFIED = 304
MOST_KEPT = 1024
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class _Transient(Unreachable):
    """Worth another try."""


class WebApi:
    """Asks the web APIs of all providers of one application.

    `seconds` is the time for one try, `most_bytes` the longest answer, `pause` the seconds
    before the second try (doubled before each one after it). Of what is remembered, it keeps
    the newest MOST_KEPT answers, fewer where they come to more than `kept_bytes`.
    """

    def __init__(
        self,
        *,
        seconds: float = 10,
        tries: int = 3,
        pause: float = 0.5,
        most_bytes: int = 8 * 2**20,
        most_redirects: int = 5,
        missing_seconds: float = 300,
        kept_bytes: int = 64 * 2**20,
    ) -> None:
        self.rate_limits: dict[str, RateLimit] = {}
        """The newest one of each service, by the name that its provider gives it."""
        self._seconds = seconds
        self._tries = tries
        self._pause = pause
        self._most_bytes = most_bytes
        self._most_redirects = most_redirects
        self._sessions: dict[tuple[Network, ...], ClientSession] = {}
        self._flights: SingleFlight[Answer] = SingleFlight()
        least = kept_bytes // MOST_KEPT

        def size(answer: Answer) -> int:
            return max(len(answer.body), least)

        self._tagged: LRUCache[Any, Answer] = LRUCache(least * MOST_KEPT, size)
        self._missing: TTLCache[Any, Answer] = TTLCache(
            least * MOST_KEPT, missing_seconds, getsizeof=size
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        for session in self._sessions.values():
            await session.close()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        private_hosts: PrivateHosts = NO_PRIVATE_HOSTS,
        follow: bool = True,
        remember: bool = False,
        service: str = "",
    ) -> Answer:
        """The answer to a GET request, whatever its status below 500.

        `url` keeps its percent-encoding. Who asks the same at the same time shares one request.
        `follow`: follow redirects; the headers go no further than the first host.
        `remember`: keep answers that have an ETag and ask whether they still hold; keep for
        some minutes that something is missing.
        `service`: a name under which the rate limit is watched.

        Raises Unreachable (502, 504) when there is no answer, BinderError (400) when `url` is
        no web address, (403) when a host is in a private network that `private_hosts` does not
        name.
        """
        key = (url, tuple(sorted(headers.items())), private_hosts, follow)
        missing: Answer | None = self._missing.get(key) if remember else None
        if missing is not None:
            return missing
        try:
            start = _web_address(URL(url, encoded=True))
        except ValueError:
            raise BinderError(f"{url!r} is no web address: check it.", 400) from None
        ask = functools.partial(self._get, key, start, headers, remember, service)
        return await self._flights.do((key, remember), ask)

    def remaining(self, service: str) -> float:
        """How many requests the service still answers; NaN when it has not said it."""
        limit = self.rate_limits.get(service)
        return math.nan if limit is None else limit.remaining

    async def _get(
        self, key: Any, url: URL, headers: Mapping[str, str], remember: bool, service: str
    ) -> Answer:
        _, _, private_hosts, follow = key
        known = self._tagged.get(key) if remember else None
        asked = {**headers, "If-None-Match": known.headers["etag"]} if known else headers
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop_after_attempt(self._tries),
            wait=wait_exponential(self._pause, max=10) + wait_random(0, self._pause / 2),
            reraise=True,
        )
        answer: Answer = await retrying(self._follow, url, asked, private_hosts, follow)
        if service and answer.rate_limit is not None:
            self._note(service, answer.rate_limit)
        if known and answer.status == NOT_MODIFIED:
            return Answer(known.url, known.status, {**known.headers, **answer.headers}, known.body)
        if remember and answer.status in MISSING:
            self._missing[key] = answer
        elif remember and "etag" in answer.headers:
            self._tagged[key] = answer
        return answer

    def _note(self, service: str, limit: RateLimit) -> None:
        self.rate_limits[service] = limit
        share = limit.remaining / limit.most if limit.most else 1
        level = logging.WARNING if share < 0.2 else logging.INFO if share < 0.5 else logging.DEBUG
        log.log(
            level,
            "The API of %s answers %d more requests (of %d), anew in %d minutes",
            *(service, limit.remaining, limit.most, limit.minutes),
        )

    async def _follow(
        self, url: URL, headers: Mapping[str, str], private_hosts: PrivateHosts, follow: bool
    ) -> Answer:
        """The answer at the end of the redirects, each of which is checked."""
        start = url.origin()
        for _ in range(self._most_redirects + 1):
            mine = headers if url.origin() == start else _harmless(headers)
            answer = await self._once(url, mine, private_hosts)
            target = answer.headers.get("location")
            if not follow or answer.status not in REDIRECTS or target is None:
                return answer
            url = _joined(answer, url, target)
        raise Unreachable(f"{start.host} redirects again and again: check the address.", 502)

    async def _once(
        self, url: URL, headers: Mapping[str, str], private_hosts: PrivateHosts
    ) -> Answer:
        host = url.host or ""
        networks, proxy = private_hosts.reached_by(host), proxy_for(url.scheme, host)
        if proxy is not None and networks != EVERYTHING:
            await private_hosts.check(url.scheme, host)
            networks = EVERYTHING  # which the proxy may be in
        session = self._session(networks)
        try:
            async with session.get(url, headers=headers, allow_redirects=False, proxy=proxy) as got:
                if got.status >= 500:
                    raise _Transient(
                        f"{host} answers with an error of its own ({got.status}): "
                        "try again in a few minutes.",
                        502,
                    )
                body = await got.content.read(self._most_bytes + 1)
                while len(body) <= self._most_bytes and (more := await got.content.readany()):
                    body += more
                if len(body) > self._most_bytes:
                    raise Unreachable(
                        f"{host} gave an answer of more than {self._most_bytes:,} bytes, "
                        "which is too much: check the address.",
                        502,
                    )
                lower = {name.lower(): value for name, value in got.headers.items()}
                return Answer(str(url), got.status, lower, body)
        except TimeoutError as error:
            raise _Transient(
                f"{host} did not answer within {self._seconds:g} seconds: "
                "try again in a few minutes.",
                504,
            ) from error
        except (ClientError, ValueError) as error:
            if isinstance(getattr(error, "os_error", None), PrivateAddress):
                raise refusal(host) from error
            log.info("%s cannot be reached: %s", host, error)
            raise Unreachable(
                f"{host} cannot be reached: check the address, and this server's network.", 502
            ) from error

    def _session(self, networks: tuple[Network, ...]) -> ClientSession:
        """The session whose connections end in public addresses and in `networks` only.

        There is one for each set of networks: a connection that stays open is not used by
        somebody who may not make it.
        """
        if networks not in self._sessions:
            connector = TCPConnector(
                limit_per_host=10,
                happy_eyeballs_delay=None,
                socket_factory=functools.partial(open_socket, networks=networks),
            )
            self._sessions[networks] = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                headers={"User-Agent": USER_AGENT},
                timeout=ClientTimeout(total=self._seconds),
            )
        return self._sessions[networks]


def _joined(answer: Answer, url: URL, target: str) -> URL:
    try:
        return _web_address(url.join(URL(target, encoded=True)))
    except ValueError:
        raise answer.junk() from None


def _web_address(url: URL) -> URL:
    """The URL, its host written in ASCII. Raises ValueError when it is none of the web's."""
    host = url.raw_host or ""
    address = url if host.isascii() else url.with_host(host)
    if address.scheme not in ("http", "https") or not address.host:
        raise ValueError(f"{url} is no web address")
    return address


def _harmless(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers that any host may see: no token."""
    return {name: value for name, value in headers.items() if name.lower() == "accept"}
