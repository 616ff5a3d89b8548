"""The way of one request, from a spec to a running server: resolve, build, launch."""

import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .builds import Builds
from .event_log import EventLog
from .events import BinderError, Event, Phase
from .launch import HubClient, Launcher, LaunchQuota, LaunchRequest, QuotaExceeded, Server
from .metrics import Metrics
from .providers import Repo, RepoProvider
from .providers.base import NotFound
from .redaction import redact_url
from .single_flight import SingleFlight

log = logging.getLogger(__name__)

MakeProvider = Callable[[str, str], RepoProvider]
"""Gives the provider of a prefix for a spec; raises BinderError for one that is unknown."""


async def _nobody_removes(image: str) -> None:
    """For where no image cleaner is at work."""


@dataclass(frozen=True)
class Ask:
    """What somebody asks for, and where they ask from."""

    provider: str
    spec: str
    origin: str
    """Scheme and host of the request, such as `https://binder.example.org`."""
    launch_host: str
    """The public URL of this BinderHub, ending in a slash."""
    client_ip: str = ""
    user: str = ""
    """Who is logged in and asks; empty for somebody unknown."""
    build_only: bool = False
    build_token: bool = False
    """Whether a page of ours asks."""
    request_origin: str = ""
    """Which site asks, as far as the browser says so."""

    @property
    def request(self) -> str:
        return f"v2/{self.provider}/{self.spec}"


class Pipeline:
    """Turns what is asked for into events; it knows neither HTTP nor a terminal."""

    def __init__(
        self,
        make_provider: MakeProvider,
        builds: Builds,
        launcher: Launcher,
        quota: LaunchQuota,
        hub: HubClient,
        metrics: Metrics,
        event_log: EventLog,
        want: Callable[[str], Awaitable[None]] = _nobody_removes,
    ) -> None:
        """`want` is told of every image that is asked for, before anything is done for it."""
        self._make_provider = make_provider
        self._builds = builds
        self._launcher = launcher
        self._quota = quota
        self._hub = hub
        self._metrics = metrics
        self._event_log = event_log
        self._want = want
        self._resolving: SingleFlight[Repo] = SingleFlight()

    async def events(self, ask: Ask) -> AsyncGenerator[list[Event]]:
        """Yield batches of events; the last event is `ready` or `failed`."""
        try:
            async with contextlib.aclosing(self._story(ask)) as story:
                async for batch in story:
                    yield batch
        except BinderError as error:
            log.info("%s failed: %s", redact_url(ask.request), redact_url(error.message))
            yield [error.event()]
        except Exception:
            log.exception("%s broke", redact_url(ask.request))
            yield [BinderError("Something broke inside the server; try again.", 500).event()]

    async def _story(self, ask: Ask) -> AsyncGenerator[list[Event]]:
        yield [Event.of(Phase.WAITING, f"Looking up {ask.provider}/{ask.spec}...")]
        provider = self._make_provider(ask.provider, ask.spec)
        provider.check_allowed()
        try:
            repo = await self._resolve(ask, provider)
        except NotFound:
            fallback = provider.with_default_ref()
            if fallback is None:
                raise
            yield [Event.of(Phase.WAITING, "No such branch; trying the default branch (HEAD)...")]
            provider = fallback
            repo = await self._resolve(ask, provider)

        try:
            async with contextlib.aclosing(self._built_and_launched(ask, provider, repo)) as rest:
                async for batch in rest:
                    yield batch
        except QuotaExceeded as error:
            self._metrics.launch_count.labels(error.quota, *_counted_as(provider, repo)).inc()
            raise

    async def _built_and_launched(
        self, ask: Ask, provider: RepoProvider, repo: Repo
    ) -> AsyncGenerator[list[Event]]:
        image = self._builds.image_of(repo)
        # Before we look for it: from now on the image cleaner spares it.
        await self._want(image)
        if await self._builds.has_image(image):
            yield [Event.of(Phase.BUILT, "Found built image, launching...", imageName=image)]
        else:
            await self._quota.check(image, repo.url, self._quota_of(provider))
            async with contextlib.aclosing(self._build(ask, provider, repo)) as batches:
                async for batch in batches:
                    yield batch
            yield [Event.of(Phase.BUILT, "Built image, launching...", imageName=image)]

        if ask.build_only:
            yield [Event.of(Phase.READY, "Done! Image built", imageName=image)]
            return
        await self._want(image)  # again: a build may have taken hours
        async with (
            self._quota.place(image, repo.url, self._quota_of(provider)) as launch_id,
            contextlib.aclosing(self._launch(ask, provider, repo, image, launch_id)) as events,
        ):
            async for event in events:
                yield [event]

    def _quota_of(self, provider: RepoProvider) -> int | None:
        quota: int | None = provider.repo_config(self._quota.repo_quotas)["quota"]
        return quota

    async def _resolve(self, ask: Ask, provider: RepoProvider) -> Repo:
        """Resolve a spec; all who ask for the same one at the same time share one answer."""
        return await self._resolving.do(
            (ask.provider, provider.spec), lambda: provider.resolve(ask.provider)
        )

    async def _build(
        self, ask: Ask, provider: RepoProvider, repo: Repo
    ) -> AsyncGenerator[list[Event]]:
        metrics, outcome = self._metrics, _Outcome()
        with metrics.builds_in_progress.track_inprogress():
            try:
                async with contextlib.aclosing(
                    self._builds.build(repo, ask.launch_host, ask.user)
                ) as batches:
                    async for batch in batches:
                        yield batch
                outcome.status = "success"
            finally:
                metrics.build_count.labels(outcome.status, *_counted_as(provider, repo)).inc()
                metrics.build_time.labels(outcome.status).observe(outcome.seconds)

    async def _launch(
        self, ask: Ask, provider: RepoProvider, repo: Repo, image: str, launch_id: str
    ) -> AsyncGenerator[Event]:
        metrics, outcome = self._metrics, _Outcome()
        request = LaunchRequest(ask.launch_host, ask.request, ask.client_ip, launch_id, ask.user)
        with metrics.launches_in_progress.track_inprogress():
            try:
                launch = self._launcher.launch(image, repo, request)
                async with contextlib.aclosing(launch) as steps:
                    async for step in steps:
                        if isinstance(step, Server):
                            outcome.status, outcome.retries = "success", step.retries
                            self._log_launch(ask, provider, repo, succeeded=True)
                            yield self._ready(ask, repo, image, step)
                        else:
                            yield step
            except BinderError:
                self._log_launch(ask, provider, repo, succeeded=False)
                raise
            finally:
                metrics.launch_count.labels(outcome.status, *_counted_as(provider, repo)).inc()
                metrics.launch_time.labels(outcome.status, str(outcome.retries)).observe(
                    outcome.seconds
                )

    def _log_launch(self, ask: Ask, provider: RepoProvider, repo: Repo, *, succeeded: bool) -> None:
        self._event_log.launch(
            provider=provider.name,
            spec=repo.spec,
            ref=repo.ref,
            succeeded=succeeded,
            build_token=ask.build_token,
            host=urlsplit(ask.origin).netloc,
            request_origin=ask.request_origin,
        )

    def _ready(self, ask: Ask, repo: Repo, image: str, server: Server) -> Event:
        url = self._hub.public_server_url(server.path, ask.origin)
        return Event.of(
            Phase.READY,
            f"server running at {url}",
            url=url,
            token=server.token,
            image=image,
            repo_url=repo.url,
            binder_ref_url=repo.ref_url,
            binder_launch_host=ask.launch_host,
            binder_request=ask.request,
            binder_persistent_request=f"v2/{ask.provider}/{repo.resolved_spec}",
            binder_client_ip=ask.client_ip,
        )


def _counted_as(provider: RepoProvider, repo: Repo) -> tuple[str, str]:
    """The labels `provider` and `repo` of a metric."""
    return provider.name, redact_url(repo.url)


@dataclass
class _Outcome:
    """How a timed step went; a failure until told otherwise."""

    status: str = "failure"
    retries: int = -1
    """Of a launch that succeeded: how often the hub was asked again."""
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started
