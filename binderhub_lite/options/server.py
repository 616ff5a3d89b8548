"""Where the server listens and keeps its files."""

from typing import Any

import platformdirs
from traitlets import HasTraits, Integer, Unicode, default, validate

from ..managed_service import ManagedService


class ServerOptions(HasTraits):
    """Where the server listens and keeps its files."""

    ip = Unicode(help="Address to listen on; empty means all of the machine's.").tag(config=True)
    port = Integer(8585, min=1, max=65535, help="Port to listen on.").tag(config=True)
    base_url = Unicode("/", help="The path below which all pages lie.").tag(config=True)
    data_dir = Unicode(
        help="Directory of this instance's own files: the hub's database, secrets and logs. "
        "Two instances need two. Default: binderhub-lite in the user's data directory."
    ).tag(config=True)
    config_file = Unicode(
        "binderhub_config.py",
        help="Configuration file to load; a relative path starts at the current directory.",
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
