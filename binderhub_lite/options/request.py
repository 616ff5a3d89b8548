"""Who may ask for what."""

import os
from typing import Any

from traitlets import Bool, Dict, HasTraits, Integer, Type, Unicode, default
from traitlets.config import Config

from ..providers import PROVIDERS, RepoProvider


class RequestOptions(HasTraits):
    """Who may ask for what."""

    repo_providers = Dict(
        key_trait=Unicode(),
        value_trait=Type(klass=RepoProvider),
        help="The providers, by the prefix that they have in links. Default: all of ours; "
        "`local` only when c.LocalRepoProvider.root is set.",
    ).tag(config=True)
    enable_api_only_mode = Bool(
        False, help="Serve no pages, only the API, and allow requests that build but do not launch."
    ).tag(config=True)
    cors_allow_origin = Unicode(
        help="Origin from which other sites' pages may call this server and users' servers."
    ).tag(config=True)
    build_token_secret = Unicode(
        help="Secret that signs build tokens. Default: $BINDERHUB_BUILD_TOKEN_SECRET, "
        "else one that is made once and kept in the data directory."
    ).tag(config=True)
    build_token_expires_seconds = Integer(
        300, min=1, help="Seconds for which a loading page's build token is good."
    ).tag(config=True)
    build_token_check_origin = Bool(
        True, help="Whether a build token is only good for pages of the host that it was made for."
    ).tag(config=True)

    @default("repo_providers")
    def _all_of_ours(self) -> dict[str, type[RepoProvider]]:
        config: Any = getattr(self, "config", Config())
        shared = bool(config.LocalRepoProvider.get("root"))
        return {name: kind for name, kind in PROVIDERS.items() if name != "local" or shared}

    @default("build_token_secret")
    def _secret_from_environment(self) -> str:
        return os.environ.get("BINDERHUB_BUILD_TOKEN_SECRET", "")
