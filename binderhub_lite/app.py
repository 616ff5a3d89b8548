"""The application: options in, a running server out. Wiring only."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout
from traitlets import Bool, Integer
from traitlets.config import Application, Config, catch_config_error

from ._version import __version__
from .addresses import own_addresses
from .builds import BuildSettings
from .dockerd import DockerDaemon, DockerUnavailable
from .events import BinderError
from .images import CleanerSettings
from .instance import Instance
from .launch import Launcher
from .launch.data_dir import DataDir
from .launch.front_door import PublicAddress
from .options import (
    BuildOptions,
    DiskOptions,
    HubOptions,
    PageOptions,
    RequestOptions,
    ServerOptions,
)
from .pipeline import MakeProvider
from .providers import PROVIDERS, Repo, RepoProvider
from .providers.web_api import USER_AGENT, WebApi
from .signals import Stopped, signal_received, unless
from .web.site import PageSettings


class BinderHub(
    ServerOptions,
    BuildOptions,
    DiskOptions,
    HubOptions,
    RequestOptions,
    PageOptions,
    Application,
):
    """BinderHub for one machine with Docker."""

    name = "binderhub-lite"
    raise_config_file_errors = True
    version = __version__
    description = __doc__
    subcommands = {
        "launch": (
            "binderhub_lite.launch_command.LaunchApp",
            "Launch one repository and open it in the browser.",
        ),
        "images": (
            "binderhub_lite.images_command.ImagesApp",
            "List the images that were built here.",
        ),
        "prune": (
            "binderhub_lite.images_command.PruneApp",
            "Remove images that were built here, to make room.",
        ),
    }
    classes = [Launcher, RepoProvider, *PROVIDERS.values()]
    instance_class: type[Instance] = Instance
    aliases: dict[str | tuple[str, str], str] = {  # type: ignore[assignment]
        ("f", "config"): "BinderHub.config_file",
        "port": "BinderHub.port",
        "ip": "BinderHub.ip",
        "data-dir": "BinderHub.data_dir",
        "log-level": "BinderHub.log_level",
    }
    flags = {
        "debug": ({"BinderHub": {"debug": True}}, "Log everything, the hub's log included."),
        "generate-config": (
            {"BinderHub": {"generate_config": True}},
            "Write a configuration file that shows every option, and end.",
        ),
    }

    log_level = Integer(logging.INFO, help="Log messages of this level and above.").tag(config=True)
    log_format = "[%(levelname)1.1s %(asctime)s] %(message)s"
    debug = Bool(False, help="Log everything.").tag(config=True)
    generate_config = Bool(False, help="Write a configuration file, and end.").tag(config=True)

    @catch_config_error
    def initialize(self, argv: list[str] | None = None) -> None:
        """Load the command line, then the configuration file; the command line wins."""
        self.parse_command_line(argv)
        if self.subapp is not None:
            return  # it has done all of this for itself
        if not self.generate_config:
            self._load_config_file()
        for kind in self.repo_providers.values():
            kind.check_options(self)
        if self.debug:
            self.log_level = logging.DEBUG
        package_log = logging.getLogger("binderhub_lite")
        package_log.handlers = self.log.handlers
        package_log.setLevel(self.log_level)

    @property
    def config_path(self) -> Path | None:
        """The configuration file that is used; None when there is none."""
        path = Path(self.config_file).expanduser().absolute()
        return path if path.is_file() else None

    def _load_config_file(self) -> None:
        path = self.config_path
        if path is not None:
            self._load(path)
        elif "config_file" in self.cli_config.BinderHub:
            raise BinderError(f"There is no configuration file {self.config_file!r}.")

    def _load(self, path: Path) -> None:
        try:
            self.load_config_file(path.name, path=str(path.parent))
        except Exception as error:
            where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            raise BinderError(
                f"The configuration file {path} cannot be loaded: "
                f"{type(error).__name__}{where}: {error}"
            ) from error

    def start(self, run_loop: bool = True) -> None:
        """Serve until Ctrl-C or SIGTERM (or run the subcommand)."""
        if self.subapp is not None:
            self.subapp.start()
        elif self.extra_args:
            raise BinderError(
                f"{self.extra_args[0]!r} is no command of binderhub-lite: "
                "to launch a repository, use `binderhub-lite launch REPO`."
            )
        elif self.generate_config:
            self._write_config_file()
        elif run_loop:
            asyncio.run(self.serve())

    def _write_config_file(self) -> None:
        path = Path(self.config_file)
        if path.exists():
            raise BinderError(
                f"{path} is already there: move it away, or name another file with --config."
            )
        path.write_text(self.generate_config_file())
        print(f"Wrote {path}")

    async def serve(self) -> None:
        """Run the server until a signal comes.

        Ctrl-C (or a closed terminal) is a person who is done: builds and users' servers end,
        too. SIGTERM is a service manager that may start us again: they go on, and the next
        start finds them.
        """
        stopped = signal_received(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        async with self.running(stopped) as instance:
            if not stopped.done():
                self._say_ready()
            instance.take_everything_down = await stopped != signal.SIGTERM
            self.log.info("Stopping")

    def _say_ready(self) -> None:
        start = f"{self.public_address().scheme}://"
        end = f":{self.port}{self.base_url}"
        self.log.info("BinderHub is ready at %slocalhost%s", start, end)
        if self.ip in ("", "0.0.0.0", "::"):  # noqa: S104  (asks, does not bind)
            for address in own_addresses():
                self.log.info("For the people in this room: %s%s%s", start, address, end)

    @asynccontextmanager
    async def running(self, stopped: Stopped) -> AsyncIterator[Instance]:
        """Start everything, unless a signal comes first; end it when the block is left."""
        async with AsyncExitStack() as stack:
            data_dir = DataDir(self.data_dir)
            data_dir.open()
            stack.callback(data_dir.close)
            http = await stack.enter_async_context(self._http_session())
            web_api = await stack.enter_async_context(WebApi())
            daemon = self._docker()
            stack.push_async_callback(daemon.close)
            stack.push_async_callback(daemon.remove_network)  # which stays where it is in use
            await self._check_docker(daemon)
            instance = self.instance_class(self, data_dir, http, web_api, daemon)
            stack.push_async_callback(instance.stop)
            await unless(stopped, instance.start())
            yield instance

    def _docker(self) -> DockerDaemon:
        return DockerDaemon.connect(self.build_docker_host, self.build_namespace)

    def _http_session(self) -> ClientSession:
        return ClientSession(headers={"User-Agent": USER_AGENT}, timeout=ClientTimeout(total=30))

    async def _check_docker(self, daemon: DockerDaemon) -> None:
        try:
            await daemon.check()
            await daemon.ensure_network()
        except DockerUnavailable as error:
            if self.builder_required:
                raise
            self.log.warning("%s Nothing can be built or launched until then.", error)

    def public_address(self) -> PublicAddress:
        hub = self.config.JupyterHub
        return PublicAddress(
            self.ip, self.port, str(hub.get("ssl_key", "")), str(hub.get("ssl_cert", ""))
        )

    def hub_arguments(self) -> list[str]:
        """Options of the command line that are not ours but the hub's, as arguments for it."""
        ours = {type(self).__name__, "BinderHub", *(kind.__name__ for kind in self.classes)}
        return [
            f"--{section}.{name}={value}"
            for section, options in self.cli_config.items()
            if section not in ours and isinstance(options, Config)
            for name, value in options.items()
        ]

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
            appendix_for=self._appendix_for,
        )

    def cleaner_settings(self) -> CleanerSettings:
        return CleanerSettings.of(
            self.image_gc_high, self.image_gc_low, self.image_gc_interval, self.image_gc_keep
        )

    def _push_secret_file(self) -> str:
        """The path of the credentials' file; empty, with a warning, where there is no such file."""
        path = Path(self.push_secret).expanduser()
        if not self.push_secret or path.is_file():
            return str(path.resolve()) if self.push_secret else ""
        self.log.warning(
            "push_secret: there is no file %r, so builds get no credentials "
            "(a Kubernetes secret's name means nothing here).",
            self.push_secret,
        )
        return ""

    def _appendix_for(self, repo: Repo) -> str:
        binder_url = f"{self.badge_base_url or self.base_url}v2/{repo.provider}/{repo.spec}"
        return self.appendix.format(binder_url=binder_url, repo_url=repo.url)

    def page_settings(self) -> PageSettings:
        paths = self.template_path
        return PageSettings(
            about_message=self.about_message,
            banner_message=self.banner_message,
            badge_base_url=self.badge_base_url,
            opengraph_title=self.default_opengraph_title,
            extra_header_html=_in_order(self.extra_header_html),
            extra_footer_scripts=_in_order(self.extra_footer_scripts),
            template_path=[paths] if isinstance(paths, str) and paths else list(paths),
            template_variables=self.template_variables,
        )

    def provider_maker(self, web: WebApi) -> MakeProvider:
        def make(prefix: str, spec: str) -> RepoProvider:
            kind = self.repo_providers.get(prefix)
            if kind is None:
                known = ", ".join(self.repo_providers)
                raise BinderError(
                    f"No provider found for prefix {prefix}: it is one of {known}.", 404
                )
            provider: RepoProvider = kind(parent=self, web=web, spec=spec)
            return provider

        return make


def _in_order(snippets: dict[str, str]) -> list[str]:
    return [snippets[key] for key in sorted(snippets)]
