"""Asks the hub for a server from an image and waits until it is ready."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from tenacity import (
    AsyncRetrying,
    before_sleep_log,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)
from traitlets import Float, Instance, Integer
from traitlets.config import LoggingConfigurable

from ..events import BinderError, Event, Phase
from ..providers import Repo
from .hub_client import HubClient, HubUnreachable

T = TypeVar("T")


@dataclass(frozen=True)
class LaunchRequest:
    """What a server is told of the request that started it (its `BINDER_*` environment)."""

    launch_host: str
    """The public URL of this BinderHub."""
    request: str
    """`v2/{provider}/{spec}`, as asked for."""
    client_ip: str


@dataclass(frozen=True)
class Server:
    """A running server: the path of its URL on the hub, and the token that opens it."""

    path: str
    token: str


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

    async def launch(
        self, image: str, repo: Repo, request: LaunchRequest
    ) -> AsyncGenerator[Event | Server]:
        """Start a server from `image`: `launching` events, then the ready server.

        Raises BinderError when there will be none; nothing of it is left then.
        """
        user = user_name(repo)
        token = secrets.token_urlsafe(16)
        yield Event.of(Phase.LAUNCHING, "Launching server...")
        deadline = asyncio.get_running_loop().time() + self.launch_timeout
        try:
            async with asyncio.timeout_at(deadline):
                await self._start(user, self._options(image, token, repo, request))
            async with aclosing(self.hub.progress(user, "")) as progress:
                # One limit for each wait: after a yield, another task may ask for the next step.
                while event := await _before(deadline, anext(progress, None)):
                    if event.get("ready"):
                        yield Server(event["url"], token)
                        return
                    if event.get("failed"):
                        raise BinderError(_clean(event["message"]), 500)
                    yield Event.of(Phase.LAUNCHING, event.get("message", ""))
            raise HubUnreachable("JupyterHub stopped reporting before the server was ready.", 502)
        except TimeoutError:
            await self._give_up(user)
            raise BinderError(
                f"The server was not ready within {self.launch_timeout:g} seconds.", 504
            ) from None
        except BinderError:
            await self._give_up(user)
            raise

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
        }

    async def _start(self, user: str, options: dict[str, Any]) -> None:
        async for attempt in self._tries():
            with attempt:
                await self.hub.create_user(user)
        async for attempt in self._tries():
            with attempt:
                again = attempt.retry_state.attempt_number > 1
                await self.hub.start_server(user, "", options, again=again)

    def _tries(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception_type(HubUnreachable),
            stop=stop_after_attempt(1 + self.retries),
            wait=wait_exponential(multiplier=self.retry_delay),
            before_sleep=before_sleep_log(self.log, logging.WARNING),
            reraise=True,
        )

    async def _give_up(self, user: str) -> None:
        """Remove the temporary user with whatever was started for them."""
        try:
            await self.hub.delete_user(user)
        except BinderError as error:
            self.log.warning("User %s is left to the idle culler: %s", user, error)


async def _before(deadline: float, waiting: Awaitable[T]) -> T:
    async with asyncio.timeout_at(deadline):
        return await waiting


def user_name(repo: Repo) -> str:
    """A new temporary user's name, readable and safe in URLs and container names."""
    readable = re.sub(r"[^a-z0-9]+", "-", repo.slug.lower()).strip("-")[-32:].strip("-")
    return f"{readable or 'server'}-{secrets.token_hex(4)}"


def _clean(message: str) -> str:
    """The hub's word on why a server did not start."""
    reason = message.removeprefix("Spawn failed:").strip()
    return reason or "The server did not start in time; the hub's log may say why."
