"""The application: options in, a running server out. Wiring only."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

from aiohttp import ClientSession, ClientTimeout
from traitlets.config import Config, catch_config_error

from ._version import __version__
from .addresses import own_addresses
from .builds import Builds, LogArchive
from .dockerd import DockerDaemon, DockerUnavailable
from .event_log import EventLog
from .events import BinderError
from .instance import Instance
from .launch import Launcher, LaunchQuota
from .launch.data_dir import DataDir
from .launch.front_door import PublicAddress
from .launch.hub_oauth import HubOAuth
from .managed_service import ManagedService
from .options import (
    BuildOptions,
    ConfiguredApplication,
    DiskOptions,
    HubOptions,
    IsolationOptions,
    LimitOptions,
    PageOptions,
    RequestOptions,
    ServerOptions,
)
from .pipeline import MakeProvider
from .providers import PROVIDERS, RepoProvider
from .providers.web_api import USER_AGENT, WebApi
from .signals import Stopped, signal_received, unless
from .upstream import UPSTREAM_CLASSES, ClusterOptions
from .web.rate_limit import RateLimiter


class BinderHub(
    ServerOptions,
    BuildOptions,
    DiskOptions,
    HubOptions,
    IsolationOptions,
    RequestOptions,
    LimitOptions,
    PageOptions,
    ClusterOptions,
    ConfiguredApplication,
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
    classes = [
        Launcher,
        LaunchQuota,
        RateLimiter,
        EventLog,
        RepoProvider,
        *PROVIDERS.values(),
        *UPSTREAM_CLASSES,
        HubOAuth,  # after its base, which is among them
    ]
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

    _stopped: Stopped | None = None
    serving: asyncio.Task[None] | None = None
    """What `start(run_loop=False)` has begun; it ends some time after `stop`."""

    @catch_config_error
    def initialize(self, argv: list[str] | None = None) -> None:
        """Load the command line, then the configuration file; the command line wins."""
        self.parse_command_line(argv)
        if self.subapp is not None:
            return  # it has done all of this for itself
        if not self.generate_config:
            self.load_configuration()
        for kind in self.repo_providers.values():
            kind.check_options(self)
        if self.debug:
            self.log_level = logging.DEBUG
        package_log = logging.getLogger("binderhub_lite")
        package_log.handlers = self.log.handlers
        package_log.setLevel(cast(int | str, self.log_level))

    def start(self, run_loop: bool = True) -> None:
        """Serve until Ctrl-C or SIGTERM (or run the subcommand).

        Without `run_loop`, serve as a task of the event loop that runs already, until `stop`.
        """
        if self.subapp is not None:
            self.subapp.start()
        elif self.extra_args:
            raise BinderError(
                f"{self.extra_args[0]!r} is no command of binderhub-lite: "
                "to launch a repository, use `binderhub-lite launch REPO`."
            )
        elif self.generate_config:
            self.write_config_file()
        elif run_loop:
            asyncio.run(self.serve())
        else:
            self.serving = asyncio.get_running_loop().create_task(self.serve())

    def stop(self) -> None:
        """End serving as SIGTERM does: builds and users' servers go on."""
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(signal.SIGTERM)

    async def watch_build_pods(self) -> None:
        """Look after what builds leave, until cancelled; a running server does so by itself.

        Every `build_cleanup_interval` seconds, containers of builds that have ended or that
        are older than `build_max_age` are removed. (Our pods are containers.)
        """
        daemon = self._docker()
        archive = LogArchive(Path(self.data_dir) / "builds", self.build_log_days)
        builds = Builds(daemon, self.build_settings(), archive)
        try:
            await builds.watch_build_pods()
        finally:
            await builds.detach()
            await daemon.close()

    @staticmethod
    def add_url_prefix(
        prefix: str, handlers: Iterable[tuple[str, *tuple[Any, ...]]]
    ) -> list[tuple[str, *tuple[Any, ...]]]:
        """Routes (a path, then whatever belongs to it) with `prefix` before their paths."""
        start = f"/{prefix.strip('/')}/" if prefix.strip("/") else "/"
        return [(start + path.lstrip("/"), *rest) for path, *rest in handlers]

    async def serve(self) -> None:
        """Run the server until a signal comes.

        Ctrl-C (or a closed terminal) is a person who is done: builds and users' servers end,
        too. SIGTERM is a service manager that may start us again: they go on, and the next
        start finds them.
        """
        stopped = self._stopped = signal_received(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        async with self.running(stopped) as instance:
            if not stopped.done():
                self._say_ready()
            instance.take_everything_down = await stopped != signal.SIGTERM
            self.log.info("Stopping")

    def _say_ready(self) -> None:
        if ManagedService.from_environment() is not None:
            self.log.info("BinderHub is ready at %s of the hub that runs it", self.base_url)
            return
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
            asyncio.get_running_loop().set_default_executor(
                ThreadPoolExecutor(self.executor_threads, "binderhub-lite")
            )
            data_dir = DataDir(self.data_dir)
            data_dir.open()
            stack.callback(data_dir.close)
            http = await stack.enter_async_context(self._http_session())
            web_api = await stack.enter_async_context(WebApi())
            daemon = self._docker()
            stack.push_async_callback(daemon.close)
            await self._check_docker(daemon)
            gateway = await daemon.network_gateway() if self.auth_enabled else ""
            try:
                instance = self.instance_class(self, data_dir, http, web_api, daemon, gateway)
            except BaseException:
                await daemon.remove_network()
                raise
            stack.push_async_callback(instance.stop)  # which removes the network and its rules
            await unless(stopped, instance.start())
            yield instance

    def _docker(self) -> DockerDaemon:
        return DockerDaemon.connect(
            self.build_docker_host, self.build_namespace, isolated=self.network_isolation
        )

    def _http_session(self) -> ClientSession:
        return ClientSession(headers={"User-Agent": USER_AGENT}, timeout=ClientTimeout(total=30))

    async def _check_docker(self, daemon: DockerDaemon) -> None:
        try:
            await daemon.check()
            await daemon.remove_network()  # an unused one may have been made with other options
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
