"""Logging in through the hub: OAuth2, with BinderHub as the hub's client."""

import hashlib
import os
from urllib.parse import urlencode

from cachetools import TTLCache
from traitlets import Instance, Unicode, default
from traitlets.config import LoggingConfigurable

from ..upstream import HubAuth
from .hub_client import HubClient

SECONDS_TO_TRUST = 30
"""For how long the hub's word on a token counts before it is asked again."""


class HubOAuth(HubAuth, LoggingConfigurable):
    """What an outside hub knows BinderHub by, when people log in through that hub."""

    hub = Instance(HubClient)

    oauth_client_id = Unicode(
        help="The service's `oauth_client_id` at the hub. Default: $JUPYTERHUB_CLIENT_ID, "
        "else service-binder."
    ).tag(config=True)
    oauth_redirect_uri = Unicode(
        help="The service's `oauth_redirect_uri` at the hub. "
        "Default: $JUPYTERHUB_OAUTH_CALLBACK_URL, else oauth_callback below base_url."
    ).tag(config=True)

    _known: TTLCache[bytes, str]
    _access_scopes: frozenset[str] = frozenset()

    def __init__(self, **traits: object) -> None:
        super().__init__(**traits)
        self._known = TTLCache(4096, SECONDS_TO_TRUST)

    @default("oauth_client_id")
    def _client_from_environment(self) -> str:
        return os.environ.get("JUPYTERHUB_CLIENT_ID") or "service-binder"

    @default("oauth_redirect_uri")
    def _redirect_from_environment(self) -> str:
        return os.environ.get("JUPYTERHUB_OAUTH_CALLBACK_URL", "")

    def login_url(self, state: str, callback: str) -> str:
        """Where a browser logs in; it comes back to `callback` (unless another one is set)."""
        query = {
            "response_type": "code",
            "client_id": self.oauth_client_id,
            "redirect_uri": self.oauth_redirect_uri or callback,
            "state": state,
        }
        return f"{self.hub.public_hub_url('api/oauth2/authorize')}?{urlencode(query)}"

    async def token(self, code: str, callback: str) -> str:
        """The hub's token for somebody who came back with `code`.

        Raises HubRefused when the code is no good, HubUnreachable when the hub does not answer.
        """
        redirect_uri = self.oauth_redirect_uri or callback
        return await self.hub.exchange_code(code, self.oauth_client_id, redirect_uri)

    async def user(self, token: str) -> str:
        """The name of the user whose token this is, if it is good for this service; else empty.

        Code in a user's server has a token of that user's, too: it lacks the service's scope.
        Raises HubUnreachable when the hub does not answer.
        """
        if not token:
            return ""
        key = hashlib.sha256(token.encode(errors="replace")).digest()
        name: str = self._known.get(key, "")
        if not name:
            holder = await self.hub.holder(token) or {}
            scopes = set(holder.get("scopes", []))
            if holder.get("kind") == "user" and scopes & await self._scopes_that_open():
                name = self._known[key] = str(holder["name"])
        return name

    def forget(self, token: str) -> None:
        """Ask the hub again when this token comes next."""
        self._known.pop(hashlib.sha256(token.encode(errors="replace")).digest(), None)

    async def _scopes_that_open(self) -> frozenset[str]:
        if not self._access_scopes:
            own = await self.hub.own_name()
            self._access_scopes = frozenset({"access:services", f"access:services!service={own}"})
        return self._access_scopes
