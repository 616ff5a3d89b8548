"""`binderhub-lite launch REPO`: one repository, one command, a server in the browser."""

import asyncio
import logging
import signal
import sys
import webbrowser
from contextlib import ExitStack, aclosing, suppress
from pathlib import Path

from rich.console import Console
from traitlets import Bool, Unicode, default
from yarl import URL

from .app import BinderHub
from .events import BinderError, Event, Phase
from .instance import Instance
from .launch.ports import free_port
from .launch.slots import free_slot
from .pipeline import Ask
from .progress import Progress, log_follows, progress_for
from .providers import PROVIDERS
from .providers.detect import Detected, detect, hosts_of
from .providers.git_remote import ANY_KEY
from .signals import signal_received, unless


class LaunchApp(BinderHub):
    """Launch one repository: a directory, user/repo, a git URL, a DOI or a link.

    A link may be one to GitHub, GitLab, a dataset or another BinderHub; where it names a file
    or a folder, that is what opens.

    Starts an instance of its own on a free port, builds the image if it is not there yet,
    opens the server in the browser, and takes everything but the image down at Ctrl-C.
    """

    name = "binderhub-lite launch"
    description = __doc__
    examples = "binderhub-lite launch .\nbinderhub-lite launch user/repo --ref v1.0"
    subcommands = {}
    aliases = {**BinderHub.aliases, "ref": "LaunchApp.ref"}
    flags = {
        **BinderHub.flags,
        "no-browser": ({"LaunchApp": {"browser": False}}, "Print the URL, open no browser."),
    }

    ref = Unicode(help="Branch, tag or commit; default: the newest.").tag(config=True)
    browser = Bool(True, help="Open the server in the browser when it is ready.").tag(config=True)

    @default("log_level")
    def _log_level_default(self) -> int:
        """The progress tells what happens."""
        return logging.WARNING

    def start(self, run_loop: bool = True) -> None:
        """Launch and stay until Ctrl-C. Exits with status 1 when nothing could be launched."""
        if len(self.extra_args) != 1:
            raise BinderError(
                "Name one repository: binderhub-lite launch REPO (a directory, user/repo, "
                "a git URL or a link)."
            )
        known = {**PROVIDERS, **self.repo_providers}
        hosts = hosts_of(known, self.config)
        detected = detect(self.extra_args[0], self.ref, known, hosts=hosts, here=True)
        self._make_private(detected)
        if run_loop and not asyncio.run(self._launch(detected)):
            self.exit(1)

    def _make_private(self, detected: Detected) -> None:
        """An instance for this launch alone, that nobody else reaches."""
        if "port" not in self.cli_config.BinderHub:
            self.port = free_port()
        if "ip" not in self.cli_config.BinderHub:
            self.ip = "127.0.0.1"
        self.hub_url = ""
        self.auth_enabled = False
        self.base_url = "/"
        if "data_dir" not in self.cli_config.BinderHub:
            slot, self.build_namespace = free_slot(Path(self.data_dir))
            self.data_dir = str(slot)
        # Who launches here chose the repository, and nobody else can.
        self.config.RepoProvider.setdefault("allow_private_hosts", True)
        self.config.GitRepoProvider.setdefault("ssh_key", ANY_KEY)
        if detected.directory is not None:
            self.config.LocalRepoProvider.root = str(detected.directory.parent)
        self.repo_providers = {**self._all_of_ours(), **self.repo_providers}

    async def _launch(self, detected: Detected) -> bool:
        """Launch, then wait for a signal; returns whether there was a server."""
        stopped = signal_received(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        with ExitStack() as shown:
            terminal = sys.stderr
            progress = shown.enter_context(progress_for(Console(stderr=True)))
            shown.enter_context(log_follows(terminal, self.log.handlers))
            progress.show(Event.of(Phase.WAITING, "Starting a hub of our own..."))
            async with self.running(stopped) as instance:
                instance.take_everything_down = True
                url = await unless(stopped, self._follow(instance, detected, progress))
                shown.close()
                if url is not None:
                    await self._present(url)
                    await stopped
        return url is not None

    async def _follow(
        self, instance: Instance, detected: Detected, progress: Progress
    ) -> str | None:
        """Show the launch's events; returns the server's URL, None when the launch failed."""
        origin = f"{self.public_address().scheme}://127.0.0.1:{self.port}"
        ask = Ask(detected.provider, detected.spec, origin, f"{origin}/")
        async with aclosing(instance.pipeline.events(ask)) as batches:
            async for batch in batches:
                for event in batch:
                    if event.phase == Phase.READY:
                        url, token = event.fields["url"], event.fields["token"]
                        return destination(url, token, detected.urlpath)
                    if event.phase == Phase.FAILED:
                        progress.failed(event)
                        return None
                    progress.show(event)
        return None

    async def _present(self, url: str) -> None:
        print(f"Ready: {url}", flush=True)
        print("Press Ctrl-C to stop the server.", flush=True)
        if self.browser:
            await asyncio.to_thread(webbrowser.open, url)


def destination(url: str, token: str, urlpath: str) -> str:
    """Where the browser goes: `urlpath` of the server at `url`, which ends in a slash.

    A link is anybody's text and the address carries the token: a path that leads out of the
    server is not followed.
    """
    server = URL(url)
    with suppress(ValueError):
        target = server.join(URL(urlpath.lstrip("/")))
        if target.origin() == server.origin() and target.path.startswith(server.path):
            return str(target.update_query(token=token))
    return str(server.with_query(token=token))
