"""The conventions of what we leave in Docker: labels, names, certificates.

State lives in Docker: everything of ours carries a namespace label, so that two hubs
can share one daemon and a restarted process finds its own things again.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

LABEL_NAMESPACE = "binderhub-lite.namespace"
LABEL_COMPONENT = "binderhub-lite.component"
LABEL_IMAGE = "binderhub-lite.image"
LABEL_USER = "binderhub-lite.user"
LABEL_SERVER = "binderhub-lite.server"
LABEL_LAUNCH = "binderhub-lite.launch"

DEFAULT_BRIDGE_NETWORK = "bridge"

CA_BUNDLE_IN_CONTAINER = "/etc/ssl/certs/ca-certificates.crt"
CA_BUNDLE_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)


class Component(StrEnum):
    """What a container of ours is for (the label `binderhub-lite.component`)."""

    BUILD = "build"
    SERVER = "server"
    HELPER = "helper"


def labels(namespace: str, component: Component, **details: str) -> dict[str, str]:
    """The labels of a container of ours; `details` become `binderhub-lite.{name}`."""
    return {
        LABEL_NAMESPACE: namespace,
        LABEL_COMPONENT: component,
        **{f"binderhub-lite.{name}": value for name, value in details.items()},
    }


def network_name(namespace: str) -> str:
    """The bridge network of a namespace's builds and servers."""
    return f"binderhub-lite-{namespace}"


def bridge_name(namespace: str) -> str:
    """The interface of that network: the same one whenever the network is made anew.

    So rules of the firewall hold for it before it is there. Linux takes 15 characters.
    """
    return f"binder-{hashlib.sha256(namespace.encode()).hexdigest()[:8]}"


def trust(ca_bundle: str) -> tuple[list[str], dict[str, str]]:
    """Binds and environment that make a container trust the certificates in `ca_bundle`.

    Both are empty when no bundle is set. For networks whose proxy signs HTTPS itself.
    """
    if not ca_bundle:
        return [], {}
    bind = f"{Path(ca_bundle).resolve()}:{CA_BUNDLE_IN_CONTAINER}:ro"
    return [bind], dict.fromkeys(CA_BUNDLE_VARIABLES, CA_BUNDLE_IN_CONTAINER)


def environment_list(environment: Mapping[str, str]) -> list[str]:
    """An environment in the form of Docker's API."""
    return [f"{name}={value}" for name, value in environment.items()]
