"""Every option of `c.BinderHub`, grouped, with its help text (shown by --help-all and the docs)."""

import os
from typing import Any, ClassVar

import platformdirs
from traitlets import (
    Bool,
    Dict,
    Float,
    HasTraits,
    Integer,
    List,
    TraitError,
    Type,
    Unicode,
    Union,
    default,
    validate,
)
from traitlets.config import Config

from .dockerd import socket_path
from .managed_service import ManagedService
from .providers import PROVIDERS, RepoProvider


class ByteSpecification(Integer[int, int | str]):
    """A number of bytes, given as a number or with a suffix: K, M, G or T (powers of 1,024)."""

    info_text = "a number of bytes, such as 512M or 2G"
    SUFFIXES: ClassVar = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

    def validate(self, obj: Any, value: Any) -> int:
        if isinstance(value, str):
            try:
                value = self._parse(value)
            except (ValueError, OverflowError):
                self.error(obj, value)
        return int(super().validate(obj, value))

    def from_string(self, text: str) -> int:
        try:
            return self._parse(text)
        except (ValueError, OverflowError):
            raise TraitError(f"{text!r} is not {self.info_text}") from None

    def _parse(self, text: str) -> int:
        suffix = text[-1:].upper()
        if suffix in self.SUFFIXES:
            return int(float(text[:-1]) * self.SUFFIXES[suffix])
        return int(text)


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
        "{binder_url} is the link to the repository here, {repo_url} where it comes from."
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
        help="Path of a Docker config.json with the credentials that builds get."
    ).tag(config=True)
    builder_required = Bool(
        True, help="Refuse to start when no Docker daemon answers. For work on pages: False."
    ).tag(config=True)

    @validate("appendix")
    def _appendix_can_be_filled_in(self, proposal: Any) -> str:
        try:
            proposal.value.format(binder_url="", repo_url="")
        except (KeyError, IndexError, ValueError) as error:
            raise TraitError(
                f"appendix: {error} cannot be filled in: there are {{binder_url}} and "
                "{repo_url}, and a brace of the Dockerfile's own is written twice."
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


# Traitlets validates what is set, but no default: one from the environment needs it as well.


def _socket(docker_host: str) -> str:
    try:
        socket_path(docker_host)
    except ValueError as error:
        raise TraitError(str(error)) from None
    return docker_host


def _certificates(path: str) -> str:
    if path and not os.path.isfile(path):
        raise TraitError(f"ca_bundle: there is no file {path!r}.")
    return path


class DiskOptions(HasTraits):
    """When images are removed to make room."""

    image_gc_high = Integer(
        80,
        min=1,
        max=100,
        help="When more than this percentage of the disk of Docker's data is used, images that "
        "were built here are removed, least recently launched first, with unused build cache.",
    ).tag(config=True)
    image_gc_low = Integer(
        60, min=0, max=99, help="The percentage at which enough images are removed."
    ).tag(config=True)
    image_gc_interval = Integer(
        60, min=0, help="Seconds between two looks at the disk; 0: never look, remove nothing."
    ).tag(config=True)
    image_gc_keep = List(
        Unicode(),
        help="Images that always stay: regular expressions, each searched for in the repository's "
        "URL and in the image's name, such as '^https://github.com/our-course/'.",
    ).tag(config=True)


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
    idle_timeout = Integer(
        3600,
        min=1,
        help="Seconds after which our own hub stops a server that nobody uses.",
    ).tag(config=True)

    @default("hub_api_token")
    def _token_from_environment(self) -> str:
        return os.environ.get("JUPYTERHUB_API_TOKEN", "")


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


class PageOptions(HasTraits):
    """What the pages show."""

    about_message = Unicode(help="HTML for the about page.").tag(config=True)
    banner_message = Unicode(help="HTML for the top of every page.").tag(config=True)
    badge_base_url = Unicode(
        help="Public URL that badges and links begin with. Default: the one of each request."
    ).tag(config=True)
    default_opengraph_title = Unicode(
        "binderhub-lite", help="Title of the home page in social previews."
    ).tag(config=True)
    extra_header_html = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="HTML for the head of every page; keys only give the order.",
    ).tag(config=True)
    extra_footer_scripts = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="JavaScript for the end of every page, without <script>; keys only give the order.",
    ).tag(config=True)
    template_path = Union(
        [Unicode(), List(Unicode())],
        default_value="",
        help="Directory (or a list of them) whose templates come before ours.",
    ).tag(config=True)
    template_variables = Dict(help="More variables for templates.").tag(config=True)
