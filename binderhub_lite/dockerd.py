"""The local Docker daemon: how to reach it, and what is ours in it."""

import asyncio
import contextlib
import json
import logging
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiodocker import Docker
from aiodocker.containers import DockerContainer
from aiodocker.exceptions import DockerError
from aiohttp import ClientError, UnixConnector

from .conventions import LABEL_COMPONENT, LABEL_NAMESPACE, Component, bridge_name, network_name
from .events import BinderError

log = logging.getLogger(__name__)

CHECK_SECONDS = 5
SECONDS_WITHOUT_NETWORK = 10
QUICK_SECONDS = 20
NOT_CONNECTED = 900  # aiodocker's status of an error that is no answer of the daemon's

DockerTrouble = (DockerError, ClientError, OSError)
"""What a call to the daemon may raise: it said no, or the connection broke."""


class DockerUnavailable(BinderError):
    """The daemon does not answer; the message says what was tried."""

    def __init__(self, socket: str, cause: object) -> None:
        super().__init__(
            f"No Docker daemon answers at {socket} ({cause}): start Docker, or point "
            "c.BinderHub.build_docker_host at its socket.",
            503,
        )


def socket_path(docker_host: str) -> str:
    """The path of the daemon's socket, from a path or a `unix://` URL.

    Raises ValueError for any other kind of URL.
    """
    path = docker_host.removeprefix("unix://")
    if "://" in path:
        raise ValueError(
            f"build_docker_host is {docker_host!r}: give the path of the Docker daemon's socket, "
            "such as /var/run/docker.sock."
        )
    return path


@dataclass(frozen=True)
class Bridge:
    """A bridge network's interface on the daemon's machine."""

    interface: str
    ipv6: bool


@dataclass(frozen=True)
class DockerDaemon:
    """One daemon and the namespace in it that is ours."""

    client: Docker
    socket: str
    namespace: str
    isolated: bool = True
    """Whether containers of the namespace's network are kept from each other."""

    @classmethod
    def connect(cls, docker_host: str, namespace: str, *, isolated: bool = True) -> "DockerDaemon":
        """Open a client; nothing is sent yet. To be called inside the event loop."""
        path = socket_path(docker_host)
        # A connection for each request: a daemon that goes down goes on answering on those that
        # it has. And any number of them: each build that is followed holds one.
        connector = UnixConnector(path, force_close=True, limit=0)
        client = Docker(url="unix://localhost", connector=connector)
        return cls(client, path, namespace, isolated)

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    async def close(self) -> None:
        await self.client.close()
        await self.client.connector.close()

    async def check(self) -> None:
        """Raise DockerUnavailable unless the daemon answers."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self.client.version()
        except TimeoutError as error:
            reason = f"no answer in {CHECK_SECONDS} seconds"
            raise DockerUnavailable(self.socket, reason) from error
        except DockerTrouble as error:
            raise DockerUnavailable(self.socket, _reason(error)) from error

    def explain(self, error: Exception) -> BinderError:
        """What went wrong with the daemon, in words for people."""
        if not isinstance(error, DockerError):
            return DockerUnavailable(self.socket, f"the connection broke: {_reason(error)}")
        if error.status == NOT_CONNECTED:
            return DockerUnavailable(self.socket, _reason(error))
        return BinderError(f"Docker refused: {error.message.strip()}", 500)

    @property
    def socket_bind(self) -> str:
        """The bind that hands the daemon's socket to a builder."""
        # Docker Desktop's containers live in a virtual machine, with the socket's usual name.
        source = self.socket if platform.system() == "Linux" else "/var/run/docker.sock"
        return f"{source}:/var/run/docker.sock"

    async def has_image(self, name: str) -> bool:
        """Whether an image is there. Raises DockerUnavailable when the daemon does not say soon."""
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                await self.client.images.inspect(name)
        except DockerError as error:
            if error.status == 404:
                return False
            raise
        except TimeoutError as error:
            raise DockerUnavailable(self.socket, f"no answer in {QUICK_SECONDS} seconds") from error
        return True

    async def image_size(self, name: str) -> int:
        """Bytes that an image takes, shared layers included."""
        return int((await self.client.images.inspect(name))["Size"])

    async def ensure_network(self, addresses: Mapping[str, Any] | None = None) -> str:
        """Make the namespace's network if it is missing; return its name.

        `addresses` are those that it is to have (`IPAM` in Docker's API), if Docker has them free.
        """
        name = network_name(self.namespace)
        config = {
            "Name": name,
            "Driver": "bridge",
            "CheckDuplicate": True,
            "Labels": {LABEL_NAMESPACE: self.namespace},
            "Options": {
                "com.docker.network.bridge.name": bridge_name(self.namespace),
                "com.docker.network.bridge.enable_icc": str(not self.isolated).lower(),
            },
            "IPAM": addresses or {},
        }
        latest = time.monotonic() + QUICK_SECONDS
        while not await self._networks():
            try:
                await self.client.networks.create(config)
            except DockerError as error:
                # Of several that are made at the same moment, the name or the interface lets
                # one win, which takes a moment to be seen.
                if error.status not in (403, 409) or time.monotonic() > latest:
                    raise
                await asyncio.sleep(0.05)
        return name

    async def keep_network(self) -> None:
        """Make the namespace's network again whenever it is missing, until cancelled.

        Docker came late, or somebody tidied up: `docker system prune` takes every network that
        no container is on at that moment. It comes back at its old addresses, where the hub
        listens for servers.
        """
        addresses: Mapping[str, Any] = {}
        while True:
            try:
                addresses = await self._addresses() or addresses
                await self.ensure_network(addresses)
            except DockerTrouble as error:
                log.debug("The network of %s cannot be made: %s", self.namespace, error)
                addresses = {}  # somebody else's by now, it may be
            await asyncio.sleep(SECONDS_WITHOUT_NETWORK)

    async def _addresses(self) -> Mapping[str, Any]:
        """The addresses of the namespace's network (`IPAM` in Docker's API), if there is one."""
        for network_id in await self._networks():
            network = await (await self.client.networks.get(network_id)).show()
            return dict(network["IPAM"])
        return {}

    async def network_gateway(self) -> str:
        """The address of Docker's host on the namespace's network; empty where nobody knows."""
        try:
            for config in (await self._addresses()).get("Config", []):
                return str(config.get("Gateway", ""))
        except DockerTrouble as error:
            log.debug("The network of %s cannot be looked at: %s", self.namespace, error)
        return ""

    async def bridge(self, network: str) -> Bridge | None:
        """The interface of a bridge network; None when there is no such network."""
        try:
            facts = await (await self.client.networks.get(network)).show()
        except DockerError as error:
            if error.status == 404:
                return None
            raise
        named = facts["Options"].get("com.docker.network.bridge.name")
        return Bridge(named or f"br-{facts['Id'][:12]}", bool(facts.get("EnableIPv6")))

    async def remove_network(self) -> bool:
        """Remove the namespace's network unless something still uses it, or Docker is away.

        Returns whether there is none any more.
        """
        try:
            async with asyncio.timeout(QUICK_SECONDS):
                for network_id in await self._networks():
                    await self._remove_network(network_id)
                return not await self._networks()
        except DockerTrouble as error:  # a TimeoutError is an OSError
            log.debug("The network of %s stays: %s", self.namespace, error)
            return False

    async def _networks(self) -> list[str]:
        """The ids of the networks of our name, sorted."""
        name = network_name(self.namespace)
        found = await self.client.networks.list(filters={"name": [f"^{name}$"]})
        return sorted(network["Id"] for network in found)

    async def _remove_network(self, network_id: str) -> None:
        try:
            await (await self.client.networks.get(network_id)).delete()
        except DockerError as error:
            log.debug("Network %s stays: %s", network_id, error)

    async def containers(self, component: Component) -> list[DockerContainer]:
        """Our containers of one kind, running or not."""
        wanted = [f"{LABEL_NAMESPACE}={self.namespace}", f"{LABEL_COMPONENT}={component}"]
        return await self.client.containers.list(all=1, filters=json.dumps({"label": wanted}))

    async def remove_all(self, component: Component) -> int:
        """Remove our containers of one kind, running ones too; return how many there were."""
        found = await self.containers(component)
        await asyncio.gather(*map(remove, found))
        return len(found)


def _reason(error: BaseException) -> str:
    """Why the daemon cannot be reached: what the system said, without aiodocker's wrapping."""
    cause = error.__context__ if isinstance(error, DockerError) else error
    return str(getattr(cause, "strerror", "") or error)


async def remove(container: DockerContainer) -> None:
    """Remove a container and its volumes, running or not; one that is gone is no error.

    Where somebody else is removing it already, returns when they have.
    """
    try:
        await container.delete(force=True, v=True)
    except DockerError as error:
        if error.status not in (404, 409):
            raise
        if error.status == 409:
            await _removed(container)


async def _removed(container: DockerContainer) -> None:
    with contextlib.suppress(DockerError, TimeoutError):  # it was quicker, or Docker hangs
        async with asyncio.timeout(QUICK_SECONDS):
            await container.wait(condition="removed")
