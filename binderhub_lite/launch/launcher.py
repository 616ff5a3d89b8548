"""Asks the hub for a server from an image and waits until it is ready."""

import asyncio
import inspect
import secrets
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from traitlets import Bool, Callable, Float, Instance, Integer
from traitlets.config import LoggingConfigurable

from ..events import BinderError, Event, Phase
from ..providers import Repo
from .hub_client import HubBusy, HubClient, HubRefused, HubUnreachable
from .places import Place, Places

T = TypeVar("T")

BUSY_SECONDS = 3
"""Between two requests for a server while the hub has enough to do."""


@dataclass(frozen=True)
class LaunchRequest:
    """What a server is told of the request that started it (its `BINDER_*` environment)."""

    launch_host: str
    """The public URL of this BinderHub."""
    request: str
    """`v2/{provider}/{spec}`, as asked for."""
    client_ip: str
    launch_id: str = ""
    """Under this name the launch holds its place in the quota; a label of the container."""
    user: str = ""
    """Who is logged in and launches; empty: a temporary user is made."""


@dataclass(frozen=True)
class Server:
    """A running server: the path of its URL on the hub, and the token that opens it."""

    path: str
    token: str
    retries: int = 0
    """How often a request that the hub failed to answer was made again."""


class Launcher(LoggingConfigurable):
    """Launches servers at the hub."""

    hub = Instance(HubClient)

    retries = Integer(
        4, min=0, help="How often a request that the hub failed to answer is tried again."
    ).tag(config=True)
    retry_delay = Float(
        4, min=0, help="Seconds before the first retry; each further wait is twice as long."
    ).tag(config=True)
    launch_timeout = Float(
        600, min=1, help="Seconds within which a server must be ready, else it is given up."
    ).tag(config=True)
    allow_named_servers = Bool(
        help="Where people log in: give each launch a server of its own, instead of one per "
        "person. Default: c.BinderHub.use_named_servers."
    ).tag(config=True)
    named_server_limit_per_user = Integer(
        0,
        min=0,
        help="How many such servers a person may run at once; 0: any number.",
    ).tag(config=True)
    pre_launch_hook = Callable(
        None,
        allow_none=True,
        help="A function, async or not, that is called before each launch with `(launcher, image, "
        "username, server_name, repo_url)`. If it raises an exception, there is no launch, and "
        "the person gets the exception's message.",
    ).tag(config=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._leftovers: set[asyncio.Task[None]] = set()
        self._places = Places(self.hub, self.allow_named_servers, self.named_server_limit_per_user)

    async def launch(
        self, image: str, repo: Repo, request: LaunchRequest
    ) -> AsyncGenerator[Event | Server]:
        """Start a server from `image`: `launching` events, then the ready server.

        Raises BinderError when there will be none. Nothing of it is left then, nor when
        nobody waits for the server any more and the generator is closed.
        """
        place = self._places.place(request.user, repo)
        token = secrets.token_urlsafe(16)
        deadline = asyncio.get_running_loop().time() + self.launch_timeout
        yield Event.of(Phase.LAUNCHING, "Launching server...")
        await self._ask_hook(image, place, repo, deadline)
        ready = False
        try:
            options = self._options(image, token, repo, request)
            async with aclosing(self._start(place, options, deadline)) as steps:
                async for step in steps:
                    ready = isinstance(step, Server)
                    yield step
        except TimeoutError:
            raise self._too_late() from None
        finally:
            if not ready:
                # Shielded: whoever leaves may do so twice, by closing and by our own end.
                await asyncio.shield(self._give_up(place))

    async def _ask_hook(self, image: str, place: Place, repo: Repo, deadline: float) -> None:
        hook: Any = self.pre_launch_hook
        if hook is None:
            return
        try:
            answer = hook(self, image, place.user, place.server, repo.url)
            if inspect.isawaitable(answer):
                await _before(deadline, answer)
        except TimeoutError:
            raise self._too_late() from None
        except BinderError:
            raise
        except Exception as error:
            self.log.warning("pre_launch_hook refuses to launch %s: %r", repo.url, error)
            raise _refused_by_hook(error) from error

    def _options(
        self, image: str, token: str, repo: Repo, request: LaunchRequest
    ) -> dict[str, Any]:
        """The user options that our spawner reads; the names are BinderHub's."""
        return {
            "image": image,
            "token": token,
            "repo_url": repo.url,
            "binder_ref_url": repo.ref_url,
            "binder_launch_host": request.launch_host,
            "binder_request": request.request,
            "binder_persistent_request": f"v2/{repo.provider}/{repo.resolved_spec}",
            "binder_client_ip": request.client_ip,
            "binder_launch_id": request.launch_id,
        }

    async def _start(
        self, place: Place, options: dict[str, Any], deadline: float
    ) -> AsyncGenerator[Event | Server]:
        """Ask the hub and follow its progress, again from the start when it breaks meanwhile.

        Raises TimeoutError at the deadline. It is one for each wait: between two steps,
        another task may ask for the next one, and `asyncio.timeout` is the task's.
        """
        retries, waiting = 0, False
        while True:
            try:
                await _before(deadline, place.start(options))
                async with aclosing(self.hub.progress(place.user, place.server)) as progress:
                    while event := await _before(deadline, anext(progress, None)):
                        if event.get("ready"):
                            yield Server(event["url"], options["token"], retries)
                            return
                        if event.get("failed"):
                            raise BinderError(_clean(event["message"]), 500)
                        yield Event.of(Phase.LAUNCHING, event.get("message", ""))
                raise HubUnreachable(
                    "JupyterHub stopped reporting before the server was ready.", 502
                )
            except HubBusy as busy:
                # What it suggests (up to a minute) is meant for people who try by hand.
                pause = min(busy.seconds, BUSY_SECONDS)
                if not waiting:
                    yield Event.of(Phase.LAUNCHING, "Many servers start just now; waiting...")
                waiting = True
            except HubUnreachable as error:
                if retries >= self.retries:
                    raise
                pause = self.retry_delay * 2**retries
                retries += 1
                self.log.warning("%s Retry %d in %g s", error.message, retries, pause)
            await _before(deadline, asyncio.sleep(pause))

    async def _give_up(self, place: Place) -> None:
        """Remove whatever was made and started for the launch.

        What the hub cannot do now goes on in the background: nobody is to wait for it.
        """
        try:
            await place.clear()
        except BinderError:
            task = asyncio.create_task(self._clear_later(place))
            self._leftovers.add(task)
            task.add_done_callback(self._leftovers.discard)

    async def _clear_later(self, place: Place) -> None:
        tries = AsyncRetrying(
            # The hub refuses (400) while a server stops, and that may take a while.
            retry=retry_if_exception_type((HubUnreachable, HubRefused)),
            stop=stop_after_attempt(1 + self.retries),
            wait=wait_exponential(multiplier=self.retry_delay),
            reraise=True,
        )
        try:
            await asyncio.sleep(self.retry_delay)
            await tries(place.clear)
        except BinderError as error:
            self.log.warning("%s is left to the idle culler: %s", place.user, error.message)

    def _too_late(self) -> BinderError:
        return BinderError(f"The server was not ready within {self.launch_timeout:g} seconds.", 504)


async def _before(deadline: float, waiting: Awaitable[T]) -> T:
    async with asyncio.timeout_at(deadline):
        return await waiting


def _refused_by_hook(error: Exception) -> BinderError:
    """The hook's own words; tornado's HTTPError, common in BinderHub's hooks, hides them."""
    words = getattr(error, "log_message", None) or str(error) or type(error).__name__
    status = getattr(error, "status_code", None)
    return BinderError(str(words), status if isinstance(status, int) else 500)


def _clean(message: str) -> str:
    """The hub's word on why a server did not start."""
    reason = message.removeprefix("Spawn failed:").strip()
    return reason or "The server did not start in time; the hub's log may say why."
