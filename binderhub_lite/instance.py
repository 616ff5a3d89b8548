"""The parts of one running server, started and stopped in order."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import ClientSession, web

from .builds import Builds, LogArchive
from .conventions import Component
from .dockerd import DockerDaemon, DockerTrouble
from .event_log import EventLog
from .events import BinderError
from .images import ImageCleaner, ImageShelf, LaunchTimes
from .isolation import NetworkIsolation
from .launch import HubClient, Launcher, LaunchQuota
from .launch.data_dir import DataDir
from .launch.embedded_hub import EmbeddedHub
from .launch.hub_address import HubAddress
from .launch.hub_oauth import HubOAuth
from .launch.orphans import Orphans
from .launch.ports import check_listenable
from .managed_service import ManagedService
from .metrics import Metrics
from .pipeline import Pipeline
from .providers.detect import hosts_of
from .providers.github_api import SERVICE as GITHUB
from .providers.web_api import WebApi
from .web import Site, make_application
from .web.access import CALLBACK
from .web.build_token import BuildTokens
from .web.login import Login
from .web.rate_limit import RateLimiter
from .web.request_facts import RequestFacts
from .web.request_log import SERVER_LOG

if TYPE_CHECKING:
    from .app import BinderHub

log = logging.getLogger(__name__)

PACKAGE = Path(__file__).parent
SECRETS = "secrets.json"
OAUTH_CLIENT = "service-binder"


class Instance:
    """The parts of a running server, started and stopped in order."""

    builds_class: type[Builds] = Builds

    def __init__(
        self,
        app: "BinderHub",
        data_dir: DataDir,
        http: ClientSession,
        web_api: WebApi,
        daemon: DockerDaemon,
        gateway: str = "",
    ) -> None:
        """`gateway` is that of the servers' network (see HubAddress)."""
        self.app = app
        self.take_everything_down = False
        self._data_dir = data_dir
        self._http = http
        self._make_provider = app.provider_maker(web_api)
        self._daemon = daemon
        self._gateway = gateway
        launcher_options = app.config.Launcher
        self._named_servers = bool(
            launcher_options.get("allow_named_servers", app.use_named_servers)
        )
        self._embedded = self._embedded_hub() if self._brings_hub() else None
        self.hub = self._embedded.client if self._embedded else self._outside_hub()
        hub_address = self._embedded.servers_reach if self._embedded else None
        self._isolation = NetworkIsolation(daemon, app.isolation_settings(), hub_address)
        archive = LogArchive(data_dir.path / "builds", app.build_log_days)
        # Its lock keeps every other process out of it.
        settings = replace(app.build_settings(), maker=str(data_dir.path))
        self.builds = self.builds_class(daemon, settings, archive)
        self._metrics = Metrics()
        self._metrics.github_rate_limit.set_function(partial(web_api.remaining, GITHUB))
        self._quota = LaunchQuota(parent=app, daemon=daemon, repo_quotas=app.repo_quotas())
        self._event_log = EventLog(parent=app, origin=app.normalized_origin)
        launches = LaunchTimes(data_dir)
        shelf = ImageShelf(daemon, launches, needed=self.builds.images_in_use)
        self._cleaner = ImageCleaner(daemon, shelf, app.cleaner_settings(), self._metrics)
        self.pipeline = Pipeline(
            self._make_provider,
            self.builds,
            Launcher(parent=app, hub=self.hub, allow_named_servers=self._named_servers),
            self._quota,
            self.hub,
            self._metrics,
            self._event_log,
            shelf.want,
        )
        self._runner: web.AppRunner | None = None
        self._housekeeping: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._isolation.start()
        self._housekeeping = [
            asyncio.create_task(self._daemon.keep_network()),
            asyncio.create_task(self._isolation.keep()),
            asyncio.create_task(self.builds.watch_build_pods()),
            asyncio.create_task(self._cleaner.run()),
        ]
        site = self._application()
        # A client that leaves ends what was done for it alone; shared builds go on.
        self._runner = web.AppRunner(
            site,
            handler_cancellation=True,
            access_log=None,
            logger=SERVER_LOG,
            shutdown_timeout=2,
        )
        await self._runner.setup()
        if self._embedded is None:
            host, port = _service_address(self.app)
            await self._listen(host, port)
            return
        own_port = await self._listen("127.0.0.1", 0)
        await self._embedded.start(f"http://127.0.0.1:{own_port}")
        self._housekeeping.append(asyncio.create_task(Orphans(self._daemon, self.hub).watch()))

    async def _listen(self, host: str, port: int) -> int:
        assert self._runner is not None
        check_listenable(host, port)
        await web.TCPSite(self._runner, host or None, port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop serving. Builds and users' servers end only if everything is to go."""
        if self._runner is not None:
            await self._runner.cleanup()
        for task in self._housekeeping:
            task.cancel()
        await asyncio.gather(*self._housekeeping, return_exceptions=True)
        await asyncio.to_thread(self._event_log.close)
        if not self.take_everything_down:
            await self.builds.detach()
        else:
            await self._remove(self.builds.stop_all())
        if self._embedded is not None:
            await self._embedded.stop()
            if self.take_everything_down:
                await self._remove(self._daemon.remove_all(Component.SERVER))
        # Rules go with the network, and nowhere else: they stay as long as it is in use.
        if await self._daemon.remove_network():
            await self._isolation.lift()

    async def _remove(self, removal: Awaitable[object]) -> None:
        try:
            await removal
        except DockerTrouble as error:
            log.warning("Containers stay behind: %s", self._daemon.explain(error))

    def _application(self) -> web.Application:
        return make_application(self._site())

    def _brings_hub(self) -> bool:
        return not self.app.hub_url and ManagedService.from_environment() is None

    def _outside_hub(self) -> HubClient:
        return _outside_hub(self.app, self._http)

    def _embedded_hub(self) -> EmbeddedHub:
        app = self.app
        options = {
            "docker_url": self._daemon.url,
            "namespace": app.build_namespace,
            "config_file": str(app.config_path or ""),
            "auth_enabled": app.auth_enabled,
            "named_servers": self._named_servers,
            "base_url": app.base_url,
            "oauth_client_id": OAUTH_CLIENT,
            "oauth_redirect_uri": f"{app.base_url}{CALLBACK}",
            "idle_timeout": app.idle_timeout,
            "cors_allow_origin": app.cors_allow_origin,
            "ca_bundle": app.ca_bundle,
            "log_level": "DEBUG" if app.debug else "WARN",
        }
        if app.auth_enabled and "authenticator_class" not in app.config.JupyterHub:
            raise BinderError(
                "auth_enabled needs to know how people log in: set "
                'c.JupyterHub.authenticator_class, for example to "shared-password".'
            )
        address = HubAddress.for_servers_at(self._gateway) if app.auth_enabled else HubAddress()
        return EmbeddedHub(
            self._data_dir, app.public_address(), self._http, options, app.hub_arguments(), address
        )

    def _login(self) -> Login | None:
        app = self.app
        if not app.auth_enabled:
            return None
        known = {}
        if self._embedded:
            known = {
                "oauth_client_id": OAUTH_CLIENT,
                "oauth_redirect_uri": f"{app.base_url}{CALLBACK}",
            }
        oauth = HubOAuth(parent=app, hub=self.hub, **known)
        return Login(oauth, self._kept_secret("session_key"), app.base_url)

    def _site(self) -> Site:
        app = self.app
        secret = app.token_secret() or self._kept_secret("build_token_secret")
        facts = RequestFacts(app.trusted_proxies)
        return Site(
            base_url=app.base_url,
            pipeline=self.pipeline,
            providers=app.repo_providers,
            hosts=hosts_of(app.repo_providers, app.config),
            make_provider=self._make_provider,
            builds=self.builds,
            daemon=self._daemon,
            isolation=self._isolation,
            hub=self.hub,
            metrics=self._metrics,
            total_quota=self._quota.total_quota,
            rate_limiter=RateLimiter(parent=app),
            tokens=BuildTokens(
                secret, facts, app.build_token_expires_seconds, app.build_token_check_origin
            ),
            pages=app.page_settings(),
            facts=facts,
            ban_networks=app.ban_networks,
            blocked_agents=app.blocked_agents(),
            allowed_metrics=app.allowed_metrics_ips,
            headers=app.answer_headers(),
            compress=bool(app.tornado_settings.get("compress_response")),
            templates=_assets("templates"),
            static=_assets("static"),
            login=self._login(),
            api_only=app.enable_api_only_mode,
            cors_allow_origin=app.cors_allow_origin,
        )

    def _kept_secret(self, name: str) -> str:
        """32 random bytes, made once: so open pages and logins outlive a restart."""
        kept = self._data_dir.read(SECRETS)
        if not kept.get(name):
            kept[name] = secrets.token_hex(32)
            self._data_dir.write(SECRETS, kept)
        return str(kept[name])


def _outside_hub(app: "BinderHub", http: ClientSession) -> HubClient:
    """The hub at `hub_url`, or the one that runs us as its managed service."""
    if not app.hub_api_token:
        raise BinderError(
            f"To launch at {app.hub_url} a token is needed: "
            "set c.BinderHub.hub_api_token or $JUPYTERHUB_API_TOKEN."
        )
    if app.hub_url:
        return HubClient(http, app.hub_url_local or app.hub_url, app.hub_api_token, app.hub_url)
    service = ManagedService.from_environment()
    assert service is not None
    return HubClient(http, service.hub_root, app.hub_api_token)


def _service_address(app: "BinderHub") -> tuple[str, int]:
    """Where to listen: as a managed service, where the hub's proxy looks for us."""
    service = ManagedService.from_environment()
    return (service.host, service.port) if service else (app.ip, app.port)


def _assets(name: str) -> Path:
    """The folder of pages or static files: inside the installed package, or in a checkout."""
    installed = PACKAGE / name
    return installed if installed.is_dir() else PACKAGE.parent / name
