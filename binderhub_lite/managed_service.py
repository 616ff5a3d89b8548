"""Being started by JupyterHub as a managed service: what its environment says."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class ManagedService:
    """The hub's instructions (JupyterHub's documentation, "Services", names the variables)."""

    prefix: str
    host: str
    port: int
    hub_root: str
    """The hub's root URL, as this process reaches it."""

    @classmethod
    def from_environment(cls) -> "ManagedService | None":
        """The instructions; None when no hub started us as its service."""
        environment = os.environ
        # Some set the name alone, and a user's server has the others.
        if not environment.keys() >= {"JUPYTERHUB_SERVICE_NAME", "JUPYTERHUB_SERVICE_URL"}:
            return None
        address = urlsplit(environment["JUPYTERHUB_SERVICE_URL"])
        return cls(
            prefix=environment["JUPYTERHUB_SERVICE_PREFIX"],
            host=address.hostname or "127.0.0.1",
            port=address.port or 80,
            hub_root=environment["JUPYTERHUB_API_URL"].rstrip("/").removesuffix("/hub/api"),
        )
