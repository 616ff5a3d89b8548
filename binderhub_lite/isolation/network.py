"""Keeps the rules in place while there is something to isolate."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ..conventions import DEFAULT_BRIDGE_NETWORK, network_name
from ..dockerd import DockerDaemon, DockerTrouble
from .address import Destination
from .rules import Rules
from .runners import ScriptFailed, may_run_here, run_here, run_in_helper

log = logging.getLogger(__name__)

SECONDS_BETWEEN = 60
SECONDS_BETWEEN_HELPERS = 600


@dataclass(frozen=True)
class IsolationSettings:
    """What the configuration says about isolation."""

    enabled: bool = True
    build_steps: bool = True
    """Whether the rules hold for Docker's default bridge, too, where RUN steps are."""
    allow: Sequence[Destination] = ()
    deny: Sequence[Destination] = ()
    helper_image: str = ""


class NetworkIsolation:
    """The firewall's rules for one namespace's builds and servers."""

    def __init__(
        self,
        daemon: DockerDaemon,
        settings: IsolationSettings,
        hub_address: tuple[str, int] | None = None,
    ) -> None:
        """`hub_address` is where servers need the hub's API; None where they do not."""
        self.enabled = settings.enabled
        self.problem: str | None = "not set up yet"
        """Why the rules are not in place; None when they are."""
        self._daemon = daemon
        self._settings = settings
        self._hub = Destination.at(*hub_address) if hub_address else None
        self._runs_here = False

    async def start(self) -> None:
        """Set the rules, or lift those of an earlier start where isolation is off now."""
        await self._apply()
        if self.problem is not None and self.enabled:
            log.warning(
                "Network isolation is not in place (%s): servers and builds reach this machine's "
                "ports and a cloud's metadata address. docs/isolation.md says what is needed; "
                "c.BinderHub.network_isolation = False says that it is meant so.",
                self.problem,
            )

    async def keep(self) -> None:
        """Set the rules again from time to time: a restarted firewall has forgotten them."""
        while self.enabled:
            await asyncio.sleep(SECONDS_BETWEEN if self._runs_here else SECONDS_BETWEEN_HELPERS)
            before = self.problem
            await self._apply()
            if self.problem != before:
                log.warning("Network isolation: %s", self.problem or "in place again")

    async def lift(self) -> None:
        """Remove the rules. To be called when nothing is left that they are for."""
        try:
            await self._lift()
        except (ScriptFailed, *DockerTrouble) as error:
            log.warning("The rules of network isolation cannot be removed: %s", error)

    async def _apply(self) -> None:
        try:
            rules = await self._rules()
            self._runs_here = may_run_here(rules.bridges)
            await (self._run(rules.script) if self.enabled else self._lift())
            self.problem = None
        except ScriptFailed as error:
            self.problem = str(error)
        except DockerTrouble as error:
            self.problem = self._daemon.explain(error).message

    async def _rules(self) -> Rules:
        settings = self._settings
        names = [network_name(self._daemon.namespace)]
        if settings.build_steps:
            names.append(DEFAULT_BRIDGE_NETWORK)
        found = [await self._daemon.bridge(name) for name in names]
        bridges = [bridge for bridge in found if bridge is not None]
        return Rules(
            self._daemon.namespace,
            [bridge.interface for bridge in bridges],
            settings.allow,
            settings.deny,
            hub=self._hub,
            ipv6_needed=any(bridge.ipv6 for bridge in bridges),
        )

    async def _lift(self) -> None:
        # Without the image, no helper can have set any.
        if self._runs_here or await self._daemon.has_image(self._settings.helper_image):
            await self._run(Rules(self._daemon.namespace).lifting_script)

    async def _run(self, script: str) -> None:
        if self._runs_here:
            await run_here(script)
        else:
            await run_in_helper(self._daemon, self._settings.helper_image, script)
