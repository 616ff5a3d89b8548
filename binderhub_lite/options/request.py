"""Who may ask for what."""

import logging
import os
import re
from binascii import a2b_hex
from typing import Any

from traitlets import (
    Bool,
    Bytes,
    Dict,
    HasTraits,
    Integer,
    List,
    Set,
    TraitError,
    Type,
    Unicode,
    Union,
    default,
    validate,
)
from traitlets.config import Config

from ..networks import Network, parse_network
from ..providers import PROVIDERS, RepoProvider
from .network_traits import CIDR

log = logging.getLogger(__name__)

STRONG = 32
"""Bytes that a secret for HS256 should have (RFC 7518)."""


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
    ban_networks: "Dict[Network, str]" = Dict(  # type: ignore[assignment]
        value_trait=Unicode(),
        help="Networks that may not use this server, in CIDR notation; the values are labels "
        "for the log and for what people there are told.",
    ).tag(config=True)
    block_build_user_agents = List(
        Unicode(),
        default_value=[".*bot.*", ".*gpt.*", ".*crawler.*", ".*spider.*"],
        help="Who may not launch, by the User-Agent that programs call themselves: regular "
        "expressions that match its beginning, whatever the case.",
    ).tag(config=True)
    allowed_metrics_ips = Set(
        CIDR(), help="Networks (or addresses) that may read /metrics. Empty: everyone."
    ).tag(config=True)
    build_token_secret = Union(
        [Bytes(), Unicode()],
        default_value=b"",
        help="Secret that signs build tokens: bytes, or text in hexadecimal digits. "
        "Default: $BINDERHUB_BUILD_TOKEN_SECRET, else one that is made once and kept in the "
        "data directory.",
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

    @validate("ban_networks")
    def _parse_networks(self, proposal: Any) -> dict[Network, str]:
        try:
            return {parse_network(str(key)): label for key, label in proposal.value.items()}
        except ValueError as error:
            raise TraitError(f"ban_networks: {error}") from None

    @validate("block_build_user_agents")
    def _are_patterns(self, proposal: Any) -> list[str]:
        for pattern in proposal.value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise TraitError(
                    f"block_build_user_agents: {pattern!r} is no regular expression: {error}."
                ) from None
        return list(proposal.value)

    @validate("repo_providers")
    def _at_least_one(self, proposal: Any) -> dict[str, type[RepoProvider]]:
        if not proposal.value:
            raise TraitError("repo_providers is empty: name at least one provider.")
        return dict(proposal.value)

    @default("build_token_secret")
    def _secret_from_environment(self) -> bytes:
        return _from_hex(os.environ.get("BINDERHUB_BUILD_TOKEN_SECRET", ""))

    @validate("build_token_secret")
    def _secret_as_bytes(self, proposal: Any) -> bytes:
        return _from_hex(proposal.value)

    def token_secret(self) -> bytes:
        """The secret that is set, or nothing; one that is too short is logged."""
        secret = _from_hex(self.build_token_secret)
        if 0 < len(secret) < STRONG:
            log.warning(
                "build_token_secret has %d bytes, so few that somebody may guess it: "
                "`openssl rand -hex 32` makes one of 32.",
                len(secret),
            )
        return secret

    def blocked_agents(self) -> list[re.Pattern[str]]:
        return [re.compile(pattern, re.IGNORECASE) for pattern in self.block_build_user_agents]


def _from_hex(secret: str | bytes) -> bytes:
    try:
        return a2b_hex(secret) if isinstance(secret, str) else secret
    except ValueError:
        raise TraitError(
            "build_token_secret is neither bytes nor hexadecimal digits: "
            "`openssl rand -hex 32` makes one."
        ) from None
