"""A request as functions in a BinderHub's configuration know it: in the hands of a Tornado handler.

Tornado's documentation of `RequestHandler` and `HTTPServerRequest` names the attributes.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from .request_facts import RequestFacts

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TornadoRequest:
    """What a request is made of; host, protocol and address are the client's (RequestFacts)."""

    headers: Mapping[str, str]
    method: str
    uri: str
    path: str
    query: str
    host: str
    protocol: str
    remote_ip: str
    arguments: Mapping[str, list[bytes]]

    def full_url(self) -> str:
        return f"{self.protocol}://{self.host}{self.uri}"


@dataclass(frozen=True)
class Handler:
    """What of a Tornado handler is there to read."""

    request: TornadoRequest

    def get_argument(self, name: str, default: str = "", strip: bool = True) -> str:
        """The last value of that name in the query."""
        values = self.request.arguments.get(name)
        if not values:
            return default
        value = values[-1].decode()
        return value.strip() if strip else value

    get_query_argument = get_argument


def answer_for(
    function: Callable[[Handler], str], request: web.Request, facts: RequestFacts
) -> str:
    """What a function of the configuration says of a request; empty where it breaks."""
    try:
        return function(_handler(request, facts)) or ""
    except Exception:
        log.exception("%r, a function of the configuration, broke", function)
        return ""


def _handler(request: web.Request, facts: RequestFacts) -> Handler:
    protocol, _, host = facts.origin(request).partition("://")
    query = request.query
    return Handler(
        TornadoRequest(
            headers=request.headers,
            method=request.method,
            uri=request.rel_url.raw_path_qs,
            path=request.rel_url.raw_path,
            query=request.rel_url.raw_query_string,
            host=host,
            protocol=protocol,
            remote_ip=facts.client_ip(request),
            arguments={name: [value.encode() for value in query.getall(name)] for name in query},
        )
    )
