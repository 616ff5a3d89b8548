"""What every handler may need to know."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern
from typing import Any

from aiohttp import web

from ..builds import Builds
from ..dockerd import DockerDaemon
from ..isolation import NetworkIsolation
from ..launch import HubClient
from ..metrics import Metrics
from ..networks import Network
from ..pipeline import Pipeline
from ..providers import RepoProvider
from .as_tornado import Handler as AsTornado
from .as_tornado import answer_for
from .build_token import BuildTokens
from .login import Login
from .rate_limit import RateLimiter
from .request_facts import RequestFacts

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class PageSettings:
    """What the configuration says about pages."""

    about_message: str = ""
    banner_message: str = ""
    badge_base_url: str | Callable[[AsTornado], str] = ""
    opengraph_title: str = ""
    google_analytics_code: str = ""
    google_analytics_domain: str = "auto"
    extra_header_html: Sequence[str] = ()
    extra_footer_scripts: Mapping[Any, str] = field(default_factory=dict)
    """JavaScript, in the order of the keys."""
    extra_static_path: str = ""
    extra_static_url_prefix: str = "/extra_static/"
    content_security_policy: Mapping[str, str] = field(default_factory=dict)
    template_path: Sequence[str] = ()
    template_variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """One server's parts and settings, as its handlers use them."""

    base_url: str
    pipeline: Pipeline
    providers: Mapping[str, type[RepoProvider]]
    hosts: Mapping[str, str]
    """Which host's repositories are which provider's."""
    make_provider: Callable[[str, str], RepoProvider]
    builds: Builds
    daemon: DockerDaemon
    isolation: NetworkIsolation
    hub: HubClient
    metrics: Metrics
    tokens: BuildTokens
    rate_limiter: RateLimiter
    pages: PageSettings
    templates: Path
    static: Path
    facts: RequestFacts
    total_quota: int | None = None
    ban_networks: Mapping[Network, str] = field(default_factory=dict)
    blocked_agents: Sequence[Pattern[str]] = ()
    """What begins the User-Agent of those who may not launch."""
    allowed_metrics: Collection[Network] = ()
    """Networks that may read the metrics; empty: everyone."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of every answer."""
    compress: bool = False
    """Whether all text is compressed, as pages are anyway."""
    login: Login | None = None
    """How people log in; None where everybody may come."""
    api_only: bool = False
    cors_allow_origin: str = ""
    keepalive_seconds: float = 20
    """How long a stream may be silent; proxies close connections that are for longer."""
    linger_seconds: float = 60
    """How long a stream stays open after its last event, for the client to close it."""

    def public_url(self, request: web.Request) -> str:
        """The URL of this server as people know it, ending in a slash."""
        configured = self.pages.badge_base_url
        url = answer_for(configured, request, self.facts) if callable(configured) else configured
        return f"{url.rstrip('/')}/" if url else self.facts.origin(request) + self.base_url

    def path_after(self, request: web.Request, start: str) -> str:
        """The path after `{base_url}{start}`, percent-encoding as the client sent it."""
        return request.rel_url.raw_path.removeprefix(self.base_url + start)


SITE: web.AppKey[Site] = web.AppKey("site", Site)
