"""What every handler may need to know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from ..builds import Builds
from ..dockerd import DockerDaemon
from ..launch import HubClient
from ..metrics import Metrics
from ..pipeline import Pipeline
from ..providers import RepoProvider
from .build_token import BuildTokens


@dataclass(frozen=True)
class PageSettings:
    """What the configuration says about pages."""

    about_message: str = ""
    banner_message: str = ""
    badge_base_url: str = ""
    opengraph_title: str = ""
    extra_header_html: Sequence[str] = ()
    extra_footer_scripts: Sequence[str] = ()
    template_path: Sequence[str] = ()
    template_variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """One server's parts and settings, as its handlers use them."""

    base_url: str
    pipeline: Pipeline
    providers: Mapping[str, type[RepoProvider]]
    make_provider: Callable[[str, str], RepoProvider]
    builds: Builds
    daemon: DockerDaemon
    hub: HubClient
    metrics: Metrics
    tokens: BuildTokens
    pages: PageSettings
    templates: Path
    static: Path
    api_only: bool = False
    cors_allow_origin: str = ""
    keepalive_seconds: float = 20
    """How long a stream may be silent; proxies close connections that are for longer."""
    linger_seconds: float = 60
    """How long a stream stays open after its last event, for the client to close it."""

    def path_after(self, request: web.Request, start: str) -> str:
        """The path after `{base_url}{start}`, percent-encoding as the client sent it."""
        return request.rel_url.raw_path.removeprefix(self.base_url + start)


SITE: web.AppKey[Site] = web.AppKey("site", Site)
