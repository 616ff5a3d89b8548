"""Which JupyterHub runs the servers."""

import os
from typing import Any

from traitlets import Bool, HasTraits, Integer, TraitError, Unicode, default, validate


class HubOptions(HasTraits):
    """Which JupyterHub runs the servers."""

    hub_url = Unicode(
        help="URL of a JupyterHub that is already there. Empty: start one of our own, "
        "below /jupyter/ of the same port."
    ).tag(config=True)
    hub_url_local = Unicode(
        help="URL by which this machine reaches that hub, where it differs from hub_url."
    ).tag(config=True)
    hub_api_token = Unicode(
        help="Token for the API of the hub at hub_url. Default: $JUPYTERHUB_API_TOKEN."
    ).tag(config=True)
    auth_enabled = Bool(
        False,
        help="Only people who have logged in to the hub may launch, and servers are theirs alone.",
    ).tag(config=True)
    use_named_servers = Bool(
        False,
        help="With auth_enabled: each launch gets a server of its own, instead of one per person. "
        "An outside hub must allow named servers, too.",
    ).tag(config=True)
    idle_timeout = Integer(
        3600,
        min=1,
        help="Seconds after which our own hub stops a server that nobody uses.",
    ).tag(config=True)

    @validate("hub_url", "hub_url_local")
    def _is_a_url(self, proposal: Any) -> str:
        url: str = proposal.value
        if url and not url.startswith(("http://", "https://")):
            raise TraitError(
                f"{proposal.trait.name} is {url!r}: write a whole URL, such as "
                "https://hub.example.org/."
            )
        return url

    @default("hub_api_token")
    def _token_from_environment(self) -> str:
        return os.environ.get("JUPYTERHUB_API_TOKEN", "")
