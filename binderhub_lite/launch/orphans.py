"""Servers that the hub knows nothing of: it died while it started them."""

import asyncio
import logging

from aiodocker.containers import DockerContainer

from ..conventions import LABEL_SERVER, LABEL_USER, Component
from ..dockerd import DockerDaemon, DockerTrouble, remove
from ..events import BinderError
from .hub_client import HubClient, HubRefused

log = logging.getLogger(__name__)

SECONDS_BETWEEN = 60


class Orphans:
    """Removes them: nobody can reach such a server, and no culler would ever end it."""

    def __init__(self, daemon: DockerDaemon, hub: HubClient) -> None:
        self._daemon = daemon
        self._hub = hub
        self._suspects: set[str] = set()

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN)
            try:
                await self.look()
            except (BinderError, *DockerTrouble) as error:
                log.debug("Nobody can say which servers are orphans: %s", error)

    async def look(self) -> None:
        """Remove servers that the hub did not know at the last look, and does not know now.

        Two looks, because a hub that is just starting may still be finding its servers.
        """
        found = await self._daemon.containers(Component.SERVER)
        unknown = [container for container in found if not await self._is_known(container)]
        for container in unknown:
            if container.id in self._suspects:
                log.warning("Removing the server %s, of which the hub knows nothing", container.id)
                await remove(container)
        self._suspects = {container.id for container in unknown}

    async def _is_known(self, container: DockerContainer) -> bool:
        marks = container["Labels"]
        if LABEL_USER not in marks:
            return True  # of another kind of hub: not for us to judge
        try:
            return marks[LABEL_SERVER] in await self._hub.active_servers(marks[LABEL_USER])
        except HubRefused as error:
            if error.status_code != 404:
                raise
            return False  # there is no such user
