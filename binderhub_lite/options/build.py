"""How images are built."""

import logging
import os
from pathlib import Path
from typing import Any

from traitlets import (
    Bool,
    Dict,
    Float,
    HasTraits,
    Integer,
    List,
    TraitError,
    Unicode,
    default,
    validate,
)

from ..builds import BuildSettings
from ..dockerd import socket_path
from ..providers import Repo
from .byte_specification import ByteSpecification

log = logging.getLogger(__name__)

APPENDIX_NAMES = ("binder_url", "persistent_binder_url", "repo_url", "ref_url")
"""What BinderHub fills into an appendix."""


class BuildOptions(HasTraits):
    """How images are built."""

    build_image = Unicode(
        "quay.io/jupyterhub/repo2docker:2026.4.0",
        help="The builder image: it must contain repo2docker.",
    ).tag(config=True)
    build_docker_host = Unicode(
        help="Path (or unix:// URL) of the Docker daemon's socket, for everything that this "
        "program does with Docker. Default: $DOCKER_HOST, else /var/run/docker.sock."
    ).tag(config=True)
    build_namespace = Unicode(
        help="A name that marks our containers, so that several instances can share a Docker "
        "daemon. Default: $BUILD_NAMESPACE, else 'default'."
    ).tag(config=True)
    build_memory_limit = ByteSpecification(
        0,
        min=0,
        help="Memory that a builder container may take, in bytes or with K, M, G, T; 0: no limit.",
    ).tag(config=True)
    image_prefix = Unicode(help="What the names of built images begin with.").tag(config=True)
    log_tail_lines = Integer(
        100, min=0, help="Lines of a running build's log that somebody who comes later gets."
    ).tag(config=True)
    build_log_days = Float(14, min=0, help="Days for which the whole logs of builds are kept.").tag(
        config=True
    )
    appendix = Unicode(
        help="Dockerfile directives that repo2docker adds at the end. A Python format string: "
        "{binder_url} is the link to the repository here, {persistent_binder_url} the one to its "
        "commit; {repo_url} and {ref_url} are where the two come from."
    ).tag(config=True)
    ca_bundle = Unicode(
        help="File of certificates that build containers and servers are to trust, for networks "
        "whose proxy inspects HTTPS. Default: $BINDERHUB_LITE_CA_BUNDLE; empty: off."
    ).tag(config=True)
    concurrent_build_limit = Integer(
        32, min=1, help="How many builds may run at once; more wait their turn."
    ).tag(config=True)
    build_max_age = Integer(
        14400, min=1, help="Seconds after which a build that still runs is stopped."
    ).tag(config=True)
    build_cleanup_interval = Integer(
        60, min=1, help="Seconds between two rounds that remove ended and expired builds."
    ).tag(config=True)
    build_node_selector = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="Build only where the Docker daemon has these labels or facts (`docker info`), "
        "such as {'OSType': 'linux', 'Architecture': 'x86_64'}.",
    ).tag(config=True)
    push_secret = Unicode(
        allow_none=True,
        help="Path of a Docker config.json with the credentials that builds get.",
    ).tag(config=True)
    repo2docker_extra_args = List(
        Unicode(), help="More arguments for repo2docker, such as ['--Repo2Docker.platform=…']."
    ).tag(config=True)
    use_registry = Bool(
        False, help="Whether images are pushed to a registry: not possible yet, so only False."
    ).tag(config=True)
    builder_required = Bool(
        True, help="Refuse to start when no Docker daemon answers. For work on pages: False."
    ).tag(config=True)

    @validate("use_registry")
    def _no_registry_yet(self, proposal: Any) -> bool:
        if proposal.value:
            raise TraitError(
                "use_registry = True is not possible yet: images stay in this machine's Docker. "
                "Remove the line, or set it to False."
            )
        return False

    @validate("appendix")
    def _appendix_can_be_filled_in(self, proposal: Any) -> str:
        try:
            proposal.value.format_map(dict.fromkeys(APPENDIX_NAMES, ""))
        except (AttributeError, LookupError, ValueError) as error:
            raise TraitError(
                f"appendix: {error} cannot be filled in: there are {_in_braces(APPENDIX_NAMES)}, "
                "and a brace of the Dockerfile's own is written twice."
            ) from None
        return str(proposal.value)

    @default("build_docker_host")
    def _docker_host_from_environment(self) -> str:
        return _socket(os.environ.get("DOCKER_HOST") or "/var/run/docker.sock")

    @validate("build_docker_host")
    def _is_a_socket(self, proposal: Any) -> str:
        return _socket(proposal.value)

    @default("build_namespace")
    def _namespace_from_environment(self) -> str:
        return os.environ.get("BUILD_NAMESPACE") or "default"

    @default("ca_bundle")
    def _ca_bundle_from_environment(self) -> str:
        return _certificates(os.environ.get("BINDERHUB_LITE_CA_BUNDLE", ""))

    @validate("ca_bundle")
    def _ca_bundle_is_a_file(self, proposal: Any) -> str:
        return _certificates(proposal.value)

    def build_settings(self) -> BuildSettings:
        return BuildSettings(
            build_image=self.build_image,
            image_prefix=self.image_prefix,
            log_tail_lines=self.log_tail_lines,
            memory_limit=self.build_memory_limit,
            max_age=self.build_max_age,
            cleanup_interval=self.build_cleanup_interval,
            concurrent_limit=self.concurrent_build_limit,
            node_selector=self.build_node_selector,
            push_secret=self._push_secret_file(),
            ca_bundle=self.ca_bundle,
            repo2docker_extra_args=self.repo2docker_extra_args,
            appendix_for=self._appendix_for,
        )

    def _push_secret_file(self) -> str:
        """The path of the credentials' file; empty, with a warning, where there is no such file."""
        if not self.push_secret:
            return ""
        path = Path(self.push_secret).expanduser()
        if path.is_file():
            return str(path.resolve())
        log.warning(
            "push_secret: there is no file %r, so builds get no credentials "
            "(a Kubernetes secret's name means nothing here).",
            self.push_secret,
        )
        return ""

    def _appendix_for(self, repo: Repo, launch_host: str) -> str:
        start = f"{launch_host}v2/{repo.provider}/"
        values = (start + repo.spec, start + repo.resolved_spec, repo.url, repo.ref_url)
        return self.appendix.format_map(dict(zip(APPENDIX_NAMES, values, strict=True)))


# Traitlets validates what is set, but no default: one from the environment needs it as well.


def _socket(docker_host: str) -> str:
    try:
        socket_path(docker_host)
    except ValueError as error:
        raise TraitError(str(error)) from None
    return docker_host


def _in_braces(names: tuple[str, ...]) -> str:
    *most, last = (f"{{{name}}}" for name in names)
    return f"{', '.join(most)} and {last}"


def _certificates(path: str) -> str:
    if path and not os.path.isfile(path):
        raise TraitError(f"ca_bundle: there is no file {path!r}.")
    return path
