"""Whose server a launch starts: a temporary user's, or one of a person who is logged in."""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakValueDictionary

from ..events import BinderError
from ..providers import Repo
from .hub_client import HubClient, HubRefused


class Place(Protocol):
    """Where the hub runs the server of one launch: a user and the server's name ('': default)."""

    @property
    def user(self) -> str: ...
    @property
    def server(self) -> str: ...

    async def start(self, options: Mapping[str, Any]) -> None:
        """Ask the hub for the server; may be called again when the hub did not answer."""

    async def clear(self) -> None:
        """Leave nothing of this launch at the hub; raises BinderError when that fails."""


@dataclass
class TemporaryPlace:
    """A user who is made for one launch and goes with it."""

    hub: HubClient
    user: str
    server: str = ""
    asked: bool = False

    async def start(self, options: Mapping[str, Any]) -> None:
        await self.hub.create_user(self.user)
        again, self.asked = self.asked, True
        await self.hub.start_server(self.user, self.server, options, again=again)

    async def clear(self) -> None:
        await self.hub.stop_server(self.user, self.server)
        await self.hub.delete_user(self.user)


@dataclass
class OwnPlace:
    """A server of a person who is logged in. What they run already is never touched.

    `limit` is how many named servers they may run; 0: any number.
    """

    hub: HubClient
    turn: asyncio.Lock
    user: str
    server: str = ""
    limit: int = 0
    asked: bool = False

    async def start(self, options: Mapping[str, Any]) -> None:
        """Raises BinderError (409) when this person has no room for another server."""
        # In turn: the hub takes a request for a server that is starting already for the same one.
        async with self.turn:
            again, may_run = self.asked, False
            if not again:
                active = await self.hub.active_servers(self.user)
                self._check_room(active)
                # The server may have died meanwhile: the hub looks when it is asked for it.
                may_run = self.server in active
            self.asked = again or not may_run  # what runs there is not of this launch
            try:
                await self.hub.start_server(self.user, self.server, options, again=again)
            except HubRefused as refused:
                self.asked = again
                if may_run and refused.status_code == 400:
                    raise self._occupied() from refused
                raise
            self.asked = True

    async def clear(self) -> None:
        if self.asked:
            await self.hub.stop_server(self.user, self.server)

    def _occupied(self) -> BinderError:
        return BinderError(
            f"User {self.user} already has a running server: go on there, "
            "or stop it before you launch another one.",
            409,
        )

    def _check_room(self, active: Mapping[str, bool]) -> None:
        """Raise BinderError (409) unless a server may start beside those that are active."""
        if not active.get(self.server, True):
            raise self._occupied()
        named = len(active.keys() - {""})
        if 0 < self.limit <= named:
            raise BinderError(
                f"User {self.user} already runs {named} named servers, and {self.limit} is "
                "the most: stop one before you launch another one.",
                409,
            )


@dataclass
class Places:
    """Finds each launch its place; `named` gives every launch of a person a server of its own."""

    hub: HubClient
    named: bool = False
    limit: int = 0
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def place(self, user: str, repo: Repo) -> Place:
        """The place for a launch of `repo` by `user`; an empty name: by somebody unknown."""
        if not user:
            return TemporaryPlace(self.hub, unique_name(repo))
        turn = self._turns.setdefault(user, asyncio.Lock())
        if not self.named:
            return OwnPlace(self.hub, turn, user)
        return OwnPlace(self.hub, turn, user, unique_name(repo), self.limit)


def unique_name(repo: Repo) -> str:
    """A new name for a user or server, readable and safe in URLs and container names.

    It begins with a letter, as the hub wants it of servers.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", repo.slug.lower())
    readable = slug.rstrip("-")[-31:].lstrip("-0123456789")
    return f"{readable or 'server'}-{secrets.token_hex(4)}"
