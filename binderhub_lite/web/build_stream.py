"""`GET {base_url}build/{provider}/{spec}`: the event stream of one build and launch.

The protocol is BinderHub's (design §7): the answer is always a 200 event stream, and errors
are events, because a browser's EventSource cannot read any other answer.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from aiohttp import web

from ..events import BinderError, Event
from ..pipeline import Ask
from .access import person_who_asks
from .banned import banned_network, refusal
from .site import SITE, Site

log = logging.getLogger(__name__)

WRITE_SECONDS = 60
EVENTS_AT_ONCE = 500
"""So few that a slow line takes them in that time."""
KEEPALIVE = ":keepalive\n\n"


async def build(request: web.Request) -> web.StreamResponse:
    """Stream the events of what the path asks for."""
    site = request.app[SITE]
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-cache",
            "X-Accel-Buffering": "no",
        }
    )
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    asked = await _understand(request, site, response)
    try:
        await response.prepare(request)
        async with contextlib.aclosing(_events(asked, site)) as batches:
            await _send(response, batches, site.keepalive_seconds)
        await _linger(response, site)
    except (ConnectionError, TimeoutError):
        # Gone, or does not read: an orderly end would wait for what was written to be read.
        if request.transport is not None:
            request.transport.abort()
    return response


async def _understand(
    request: web.Request, site: Site, response: web.StreamResponse
) -> Ask | BinderError:
    """What the request asks for, or why it gets nothing; the response gets headers about limits."""
    try:
        ask = await _ask(request, site)
        if site.rate_limiter.limit and not ask.build_token and not ask.user:
            allowance = site.rate_limiter.count(ask.client_ip)
            response.headers.update(allowance.headers)
            if allowance.remaining < 0:
                log.warning("%s asks too often", ask.client_ip)
                return BinderError(allowance.refusal, 429)
        return ask
    except BinderError as error:
        return error
    except Exception:
        # Whatever it was, the client is to hear of it in the only form that it can read.
        log.exception("%s cannot be understood", request.path)
        return BinderError("The server could not make sense of this address.", 500)


async def _events(asked: Ask | BinderError, site: Site) -> AsyncGenerator[list[Event]]:
    if isinstance(asked, BinderError):
        yield [asked.event()]
        return
    async with contextlib.aclosing(site.pipeline.events(asked)) as batches:
        async for batch in batches:
            yield batch


async def _ask(request: web.Request, site: Site) -> Ask:
    """What the request asks for. Raises BinderError when it may not, or is not to be understood."""
    provider, spec = asked_for(request)
    label = banned_network(request)
    if label is not None:
        raise BinderError(refusal(label), 403)
    agent = request.headers.get("User-Agent", "")
    if any(pattern.match(agent) for pattern in site.blocked_agents):
        raise BinderError("Programs that call themselves crawlers or bots cannot launch here.", 403)
    if not _accepts_events(request):
        raise BinderError("This address streams events: send `Accept: text/event-stream`.", 400)
    user = await person_who_asks(request)
    token = request.query.get("build_token")
    if token:
        site.tokens.check(token, f"{provider}/{spec}", request)
    build_only = request.query.get("build_only", "false").lower() == "true"
    if build_only and not site.api_only:
        raise BinderError("Building without launching is not enabled on this server.", 400)
    return Ask(
        provider=provider,
        spec=spec,
        origin=site.facts.origin(request),
        launch_host=site.public_url(request),
        client_ip=site.facts.client_ip(request),
        user=user,
        build_only=build_only,
        build_token=bool(token),
        # Without an Origin, a page's request still says whether it comes from another site.
        request_origin=request.headers.get("Origin", request.headers.get("Sec-Fetch-Site", "")),
    )


def asked_for(request: web.Request) -> tuple[str, str]:
    """The provider's prefix and the spec of a build's URL."""
    provider, _, spec = request.app[SITE].path_after(request, "build/").partition("/")
    return provider, spec.rstrip("/")


def _accepts_events(request: web.Request) -> bool:
    accepted = request.headers.get("Accept", "").lower().split(",")
    kinds = [kind.split(";")[0].strip() for kind in accepted]
    return bool({"text/event-stream", "text/*", "*/*"} & set(kinds))


async def _send(
    response: web.StreamResponse, batches: AsyncGenerator[list[Event]], keepalive_seconds: float
) -> None:
    """Write batches as they come, and a comment whenever nothing came for a while."""
    following = asyncio.ensure_future(anext(batches, None))
    try:
        while True:
            done, _ = await asyncio.wait([following], timeout=keepalive_seconds)
            if not done:
                await _write(response, KEEPALIVE)
                continue
            batch = following.result()
            if batch is None:
                return
            for start in range(0, len(batch), EVENTS_AT_ONCE):
                events = batch[start : start + EVENTS_AT_ONCE]
                await _write(response, "".join(f"data: {event.json}\n\n" for event in events))
            following = asyncio.ensure_future(anext(batches, None))
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await following


async def _write(response: web.StreamResponse, text: str) -> None:
    """Write, but do not wait for ever on a client that does not read."""
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(text.encode())


async def _linger(response: web.StreamResponse, site: Site) -> None:
    """Leave it to the client to close: an EventSource that is closed on would start over.

    The wait ends with the connection, which cancels the handler.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(site.linger_seconds):
            while True:
                await asyncio.sleep(site.keepalive_seconds)
                await _write(response, KEEPALIVE)
