"""Where the server listens and keeps its files."""

import logging
from typing import Any

import platformdirs
from traitlets import Dict, HasTraits, Integer, List, Unicode, default, validate

from ..managed_service import ManagedService
from .network_traits import CIDR

log = logging.getLogger(__name__)


class ServerOptions(HasTraits):
    """Where the server listens and keeps its files."""

    ip = Unicode(help="Address to listen on; empty means all of the machine's.").tag(config=True)
    port = Integer(8585, min=1, max=65535, help="Port to listen on.").tag(config=True)
    base_url = Unicode("/", help="The path below which all pages lie.").tag(config=True)
    data_dir = Unicode(
        help="Directory of this instance's own files: the hub's database, secrets and logs. "
        "Two instances need two. Default: binderhub-lite in the user's data directory."
    ).tag(config=True)
    executor_threads = Integer(
        5, min=1, help="Threads for calls that would block the server, such as reading files."
    ).tag(config=True)
    trusted_proxies = List(  # type: ignore[misc]  # whose elements CIDR makes of text
        CIDR(),
        default_value=["127.0.0.0/8", "::1/128"],
        help="Networks (or addresses) of web servers in front of this one, whose "
        "X-Forwarded-For, -Proto and -Host headers are believed.",
    ).tag(config=True)
    tornado_settings = Dict(
        help="BinderHub's name for settings of its web server. Here: 'headers' are sent with "
        "every answer, and 'compress_response' compresses what is text; others are named in a "
        "warning."
    ).tag(config=True)

    @default("data_dir")
    def _user_data_dir(self) -> str:
        return str(platformdirs.user_data_path("binderhub-lite"))

    @default("base_url")
    def _base_url_of_a_managed_service(self) -> str:
        service = ManagedService.from_environment()
        return service.prefix if service else "/"

    @validate("base_url")
    def _slashes_around(self, proposal: Any) -> str:
        inner = proposal.value.strip("/")
        return f"/{inner}/" if inner else "/"

    def answer_headers(self) -> dict[str, str]:
        """The headers that `tornado_settings` wants; what of it means nothing here is logged."""
        meaningless = sorted(set(self.tornado_settings) - {"headers", "compress_response"})
        if meaningless:
            log.warning("tornado_settings: %s mean nothing here.", ", ".join(meaningless))
        return {
            name: str(value) for name, value in self.tornado_settings.get("headers", {}).items()
        }
