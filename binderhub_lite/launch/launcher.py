"""Asks the hub for a server from an image and waits until it is ready."""

import asyncio
import inspect
import re
import secrets
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from traitlets import Callable, Float, Instance, Integer
from traitlets.config import LoggingConfigurable

from ..events import BinderError, Event, Phase
from ..providers import Repo
from .hub_client import HubBusy, HubClient, HubRefused, HubUnreachable

T = TypeVar("T")


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


@dataclass(frozen=True)
class Server:
    """A running server: the path of its URL on the hub, and the token that opens it."""

    path: str
    token: str
    retries: int = 0
    """How often a request that the hub failed to answer was made again."""


class Launcher(LoggingConfigurable):
    """Launches servers for temporary users of the hub."""

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

    async def launch(
        self, image: str, repo: Repo, request: LaunchRequest
    ) -> AsyncGenerator[Event | Server]:
        """Start a server from `image`: `launching` events, then the ready server.

        Raises BinderError when there will be none. Nothing of it is left then, nor when
        nobody waits for the server any more and the generator is closed.
        """
        user = user_name(repo)
        token = secrets.token_urlsafe(16)
        deadline = asyncio.get_running_loop().time() + self.launch_timeout
        yield Event.of(Phase.LAUNCHING, "Launching server...")
        await self._ask_hook(image, user, repo, deadline)
        ready = False
        try:
            options = self._options(image, token, repo, request)
            async with aclosing(self._start(user, options, deadline)) as steps:
                async for step in steps:
                    ready = isinstance(step, Server)
                    yield step
        except TimeoutError:
            raise self._too_late() from None
        finally:
            if not ready:
                # Shielded: whoever leaves may do so twice, by closing and by our own end.
                await asyncio.shield(self._give_up(user))

    async def _ask_hook(self, image: str, user: str, repo: Repo, deadline: float) -> None:
        hook: Any = self.pre_launch_hook
        if hook is None:
            return
        try:
            answer = hook(self, image, user, "", repo.url)
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
        self, user: str, options: dict[str, Any], deadline: float
    ) -> AsyncGenerator[Event | Server]:
        """Ask the hub and follow its progress, again from the start when it breaks meanwhile.

        Raises TimeoutError at the deadline. It is one for each wait: between two steps,
        another task may ask for the next one, and `asyncio.timeout` is the task's.
        """
        retries = 0
        while True:
            try:
                await _before(deadline, self.hub.create_user(user))
                starting = self.hub.start_server(user, "", options, again=retries > 0)
                await _before(deadline, starting)
                async with aclosing(self.hub.progress(user, "")) as progress:
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
                pause = busy.seconds
                yield Event.of(Phase.LAUNCHING, f"{busy.message} Waiting for our turn...")
            except HubUnreachable as error:
                if retries >= self.retries:
                    raise
                pause = self.retry_delay * 2**retries
                retries += 1
                self.log.warning("%s Retry %d in %g s", error.message, retries, pause)
            await _before(deadline, asyncio.sleep(pause))

    async def _give_up(self, user: str) -> None:
        """Remove the temporary user with whatever was started for them.

        What the hub cannot do now goes on in the background: nobody is to wait for it.
        """
        try:
            await self._remove(user)
        except BinderError:
            task = asyncio.create_task(self._remove_later(user))
            self._leftovers.add(task)
            task.add_done_callback(self._leftovers.discard)

    async def _remove(self, user: str) -> None:
        await self.hub.stop_server(user, "")
        await self.hub.delete_user(user)

    async def _remove_later(self, user: str) -> None:
        tries = AsyncRetrying(
            # The hub refuses (400) while a server stops, and that may take a while.
            retry=retry_if_exception_type((HubUnreachable, HubRefused)),
            stop=stop_after_attempt(1 + self.retries),
            wait=wait_exponential(multiplier=self.retry_delay),
            reraise=True,
        )
        try:
            await asyncio.sleep(self.retry_delay)
            await tries(self._remove, user)
        except BinderError as error:
            self.log.warning("User %s is left to the idle culler: %s", user, error.message)

    def _too_late(self) -> BinderError:
        return BinderError(f"The server was not ready within {self.launch_timeout:g} seconds.", 504)


async def _before(deadline: float, waiting: Awaitable[T]) -> T:
    async with asyncio.timeout_at(deadline):
        return await waiting


def user_name(repo: Repo) -> str:
    """A new temporary user's name, readable and safe in URLs and container names."""
    readable = re.sub(r"[^a-z0-9]+", "-", repo.slug.lower()).strip("-")[-32:].strip("-")
    return f"{readable or 'server'}-{secrets.token_hex(4)}"


def _refused_by_hook(error: Exception) -> BinderError:
    """The hook's own words; tornado's HTTPError, common in BinderHub's hooks, hides them."""
    words = getattr(error, "log_message", None) or str(error) or type(error).__name__
    status = getattr(error, "status_code", None)
    return BinderError(str(words), status if isinstance(status, int) else 500)


def _clean(message: str) -> str:
    """The hub's word on why a server did not start."""
    reason = message.removeprefix("Spawn failed:").strip()
    return reason or "The server did not start in time; the hub's log may say why."
