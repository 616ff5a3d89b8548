"""Runs inside JupyterHub: a DockerSpawner that starts a Binder server.

What it adds to DockerSpawner: the image, the token and the facts of the request come with
the launch; the server runs what the image has, behind the image's own entrypoint; it sits
on a network of its own namespace, where servers cannot reach each other.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, TypeVar

from docker.errors import APIError, DockerException
from dockerspawner import DockerSpawner
from jupyterhub.traitlets import ByteSpecification
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from traitlets import Bool, Dict, Integer, List, Unicode, default

from ..conventions import Component, labels, network_name, trust
from . import server_command
from .confinement import confinement, default_memory
from .room import NO_MEMORY, explain, has_memory

T = TypeVar("T")

POLL_SECONDS = 0.04
"""Between two looks whether a server answers; of several that start, each has its turn."""
LONGEST_POLL = 0.5
ALIVE_SECONDS = 0.5
"""Between two looks whether its container still runs, which costs Docker more."""
LOG_LINES = 15


class ServerDied(Exception):
    """There is no server; JupyterHub shows the message, which says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.jupyterhub_message = message


class BinderSpawner(DockerSpawner):
    """Starts one server from the image that the launch names."""

    namespace = Unicode(
        "default", help="The namespace of BinderHub (c.BinderHub.build_namespace)."
    ).tag(config=True)
    auth_enabled = Bool(
        False, help="Users log in through the hub, and servers run jupyterhub-singleuser."
    ).tag(config=True)
    cors_allow_origin = Unicode(help="Origin from which other pages may call servers.").tag(
        config=True
    )
    ca_bundle = Unicode(
        help="File of certificates that servers trust (c.BinderHub.ca_bundle)."
    ).tag(config=True)
    names_of_the_host = Dict(
        help="Names for the hub's machine that servers are told of, with their addresses."
    ).tag(config=True)
    pids_limit = Integer(1024, help="How many processes and threads a server may have.").tag(
        config=True
    )
    memory_reserve = ByteSpecification(
        "200M",
        help="Start no server while less than this much of the machine's memory is free, so that "
        "those who work already can go on.",
    ).tag(config=True)
    allow_sudo = Bool(
        False,
        help="Let `sudo` and the like work in servers whose image has them: servers then get the "
        "capabilities that root in a container usually has.",
    ).tag(config=True)

    # DockerSpawner's one thread would start a class of thirty one after another.
    _executor: ClassVar[ThreadPoolExecutor] = ThreadPoolExecutor(8)
    _starting: ClassVar[int] = 0
    """How many servers have been started and do not answer yet."""

    cmd = List(Unicode())

    @default("cmd")
    def _start_what_the_image_has(self) -> list[str]:
        return server_command.command(logins=self.auth_enabled)

    @default("apply_user_options")
    def _read_where_they_are_used(self) -> Any:
        return lambda spawner, options: None

    @default("use_internal_ip")
    def _published_on_loopback(self) -> bool:
        return False

    @default("remove")
    def _remove_when_stopped(self) -> bool:
        return True

    @default("mem_limit")
    def _half_of_the_machine(self) -> int:
        return default_memory()

    @default("network_name")
    def _own_network(self) -> str:
        return network_name(self.namespace)

    @default("name_template")
    def _name_with_namespace(self) -> str:
        return "{prefix}-" + self.namespace + "-{username}--{servername}"

    @default("prefix")
    def _own_prefix(self) -> str:
        return "binderhub-lite-server"

    @default("http_timeout")
    def _time_for_a_whole_class(self) -> int:
        return 120

    @default("start_timeout")
    def _time_for_docker_and_the_server(self) -> int:
        return 180

    async def check_allowed(self, image: str) -> str:
        """Any image that a launch names: only BinderHub's token may launch."""
        return image

    def get_args(self) -> list[str]:
        """The server's arguments; with logins, those of the hub's own variant of it."""
        if self.auth_enabled:
            origin = self.cors_allow_origin
            allowed = [f"--ServerApp.allow_origin={origin}"] if origin else []
            return [*allowed, *super().get_args()]
        settings = {
            "base_url": self.server.base_url,
            "token": self.user_options["token"],
            "trust_xheaders": "True",
        }
        if self.default_url:
            settings["default_url"] = self.default_url
        if self.cors_allow_origin:
            settings["allow_origin"] = self.cors_allow_origin
        return [*server_command.arguments(self.port, settings), *self.args]

    def get_env(self) -> dict[str, str]:
        env = server_command.environment(
            super().get_env(), self.user_options, logins=self.auth_enabled
        )
        return env | trust(self.ca_bundle)[1]

    async def create_object(self) -> Any:
        self._apply_conventions()
        return await self._unless_given_up(super().create_object())

    async def start_object(self) -> Any:
        return await self._unless_given_up(super().start_object())

    async def _unless_given_up(self, step: Coroutine[Any, Any, T]) -> T:
        """Do a step; if the launch is given up meanwhile, remove the container afterwards.

        A cancelled call goes on in its thread: the hub looks for the container too early.
        """
        doing = asyncio.ensure_future(step)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            doing.add_done_callback(lambda _: self.executor.submit(self._remove_container))
            raise

    def _remove_container(self) -> None:
        with contextlib.suppress(APIError):
            self.client.remove_container(self.container_name, v=True, force=True)

    def _apply_conventions(self) -> None:
        """Labels, certificates and limits, under whatever the configuration says itself."""
        binds, _ = trust(self.ca_bundle)
        for bind in binds:
            source, target, mode = bind.rsplit(":", 2)
            self.volumes = {**self.volumes, source: {"bind": target, "mode": mode}}
        launch = self.user_options.get("binder_launch_id", "")
        own_labels = labels(
            self.namespace,
            Component.SERVER,
            image=self.image,
            launch=launch,
            user=self.user.name,
            server=self.name,
        )
        configured = self._eval_if_callable(self.extra_create_kwargs)
        configured_labels = configured.get("labels", {})
        self.extra_create_kwargs = {**configured, "labels": {**configured_labels, **own_labels}}
        configured_host = self._eval_if_callable(self.extra_host_config)
        hosts = {**self.names_of_the_host, **configured_host.get("extra_hosts", {})}
        self.extra_host_config = {
            **confinement(self.mem_limit, self.pids_limit, sudo=self.allow_sudo),
            # Docker would remove the container of a server that died before we can read why.
            "auto_remove": False,
            **configured_host,
            "extra_hosts": hosts,
        }

    async def start(self) -> tuple[str, int]:
        """Start the container and wait until its server answers.

        Waiting here, not in the hub, notices sooner that it is ready or that it died.
        Raises ServerDied with its last log lines when the container ends.
        """
        # A second less than the hub gives us, whose own word would only be "timed out".
        latest = time.monotonic() + self.start_timeout - 1
        if "image" not in self.user_options:
            raise ServerDied("Servers start from links here: open one, and yours will start.")
        if self.auth_enabled:
            self._make_token_known()
        if not has_memory(self.memory_reserve):
            raise ServerDied(NO_MEMORY)
        try:
            ip, port = await super().start()
        except (DockerException, OSError) as error:
            raise ServerDied(explain(error)) from error
        url = f"http://{ip}:{port}{self.server.base_url}api"
        BinderSpawner._starting += 1
        try:
            await self._until_it_answers(url, min(latest, time.monotonic() + self.http_timeout))
        finally:
            BinderSpawner._starting -= 1
        return ip, port

    async def _until_it_answers(self, url: str, deadline: float) -> None:
        alive = time.monotonic()
        while not await _answers(url):
            now = time.monotonic()
            if now > deadline:
                await self._fail(f"The server did not answer within {self.http_timeout} seconds.")
            if now > alive + ALIVE_SECONDS:
                await self._check_alive()
                alive = now
            await asyncio.sleep(min(LONGEST_POLL, POLL_SECONDS * self._starting))

    def _make_token_known(self) -> None:
        """Let the launch's token open this server, and nothing else, as long as it runs.

        Belonging to the server's OAuth client, it goes with that when the server stops.
        """
        self.user.new_api_token(
            self.user_options["token"],
            note=f"Opens {self._log_name}",
            scopes=[f"access:servers!server={self.user.name}/{self.name}"],
            client_id=self.oauth_client_id,
        )

    async def get_ip_and_port(self) -> tuple[str, int]:
        """Where the server listens. Raises ServerDied when its container has ended already."""
        try:
            ip, port = await super().get_ip_and_port()
        except RuntimeError:  # no port, because nothing runs
            await self._check_alive()
            raise
        return ip, port

    async def poll(self) -> Any:
        """Whether the server runs (None) or how it ended; an ended one's container is removed.

        So is one whose start the hub does not remember, because it died meanwhile.
        """
        remembered = self.object_id
        status = await super().poll()
        if status is None and not remembered and self.remove:
            await asyncio.wrap_future(self.executor.submit(self._remove_container))
            return 0
        if status is not None and self.object_id and self.remove:
            await self.remove_object()
            self.object_id = ""
        return status

    async def _check_alive(self) -> None:
        container = await self.docker("inspect_container", self.container_id)
        state = container["State"]
        if state["OOMKilled"]:
            await self._fail("The server ran out of memory while it started.")
        if state["Status"] in ("exited", "dead"):
            await self._fail(f"The server ended at once, with status {state['ExitCode']}.")

    async def _fail(self, sentence: str) -> None:
        """Remove the container and raise ServerDied with its last words."""
        try:
            output = await self.docker("logs", self.container_id, tail=LOG_LINES)
        except APIError:
            output = b""
        last_words = output.decode(errors="replace").strip()
        await self.stop(now=True)
        raise ServerDied(f"{sentence} It said:\n{last_words}" if last_words else sentence)


async def _answers(url: str) -> bool:
    """Whether a Jupyter server speaks at `url`; asking for a token is an answer, too."""
    try:
        await AsyncHTTPClient().fetch(url, request_timeout=2, follow_redirects=False)
    except HTTPClientError as error:
        return error.code in (302, 401, 403)
    except OSError:
        return False
    return True
