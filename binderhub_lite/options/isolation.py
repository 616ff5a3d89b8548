"""What keeps users' servers and builds from the rest of the machine."""

from collections.abc import Iterable
from typing import Any

from traitlets import Bool, HasTraits, List, TraitError, Unicode, default, validate

from ..isolation import Destination, IsolationSettings
from ..managed_service import ManagedService


class IsolationOptions(HasTraits):
    """What servers and builds can reach."""

    network_isolation = Bool(
        True,
        help="Keep servers and builds from this machine's own ports, from link-local addresses "
        "(a cloud's metadata) and from each other, by rules of the machine's firewall.",
    ).tag(config=True)
    network_isolation_builds = Bool(
        help="Let the rules hold for a build's RUN steps, too. Docker runs these on its default "
        "bridge, so they hold for every other container there as well. Default: True with our own "
        "hub; False beside another hub, whose servers are often on that bridge.",
    ).tag(config=True)
    network_isolation_allow = List(
        Unicode(),
        help="Addresses that servers and builds reach all the same, such as '192.0.2.7' or "
        "'192.0.2.0/24'; '192.0.2.7:9418' is one TCP port, say of a git server on this machine.",
    ).tag(config=True)
    network_isolation_deny = List(
        Unicode(),
        help="More addresses that servers and builds do not reach, such as '10.0.0.0/8'; the "
        "exceptions of network_isolation_allow come first.",
    ).tag(config=True)

    @default("network_isolation_builds")
    def _with_our_own_hub(self) -> bool:
        return not getattr(self, "hub_url", "") and ManagedService.from_environment() is None

    @validate("network_isolation_allow", "network_isolation_deny")
    def _are_addresses(self, proposal: Any) -> list[str]:
        try:
            _destinations(proposal.value)
        except ValueError as error:
            raise TraitError(f"{proposal.trait.name}: {error}") from None
        return list(proposal.value)

    def isolation_settings(self) -> IsolationSettings:
        """What the isolation room needs; the helper's image is the builder's."""
        return IsolationSettings(
            enabled=self.network_isolation,
            build_steps=self.network_isolation_builds,
            allow=_destinations(self.network_isolation_allow),
            deny=_destinations(self.network_isolation_deny),
            helper_image=getattr(self, "build_image", ""),
        )


def _destinations(addresses: Iterable[str]) -> list[Destination]:
    return [Destination.parse(address) for address in addresses]
