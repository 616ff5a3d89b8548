"""The application with made-up parts in place of Docker, the hub and the internet."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from traitlets import default
from traitlets.config import catch_config_error

from ..app import BinderHub
from ..builds.fake import FakeDaemon
from ..instance import Instance
from ..providers import FakeProvider
from ..providers.fake import made_up
from ..scenarios import SCENARIOS
from ..signals import Stopped
from .instance import DevInstance

UNLIMITED = 2**31
EXAMPLES = Path(__file__).parents[2] / "examples"


class DevApp(BinderHub):
    """The pages of binderhub-lite with made-up launches, for work on them.

    A configuration file is read as ever, so that one's own templates can be seen.
    """

    name = "binderhub-lite.dev"
    description = __doc__
    subcommands: dict[str, Any] = {}  # noqa: RUF012
    instance_class = DevInstance

    @default("banner_message")
    def _all_scenarios(self) -> str:
        links = (
            f'<li><a href="{self.base_url}v2/fake/{each.name}">{each.name}</a>: {each.about}</li>'
            for each in SCENARIOS.values()
        )
        return (
            "<details><summary>These launches are made up. Here are some.</summary>"
            f"<ul>{''.join(links)}</ul></details>"
        )

    @catch_config_error
    def initialize(self, argv: list[str] | None = None) -> None:
        """As ever; then every provider makes up what it would look up."""
        self.config.RateLimiter.setdefault("limit", UNLIMITED)
        if EXAMPLES.is_dir():
            self.config.LocalRepoProvider.setdefault("root", str(EXAMPLES))
        super().initialize(argv)
        self.builder_required = self.network_isolation = False
        self.image_gc_interval = 0
        self.repo_providers = {
            **{prefix: made_up(kind) for prefix, kind in self.repo_providers.items()},
            "fake": FakeProvider,
        }

    @asynccontextmanager
    async def running(self, stopped: Stopped) -> AsyncIterator[Instance]:
        """As ever, in a data directory that is nobody's, so that it disturbs nobody."""
        with tempfile.TemporaryDirectory(prefix="binderhub-lite-") as folder:
            self.data_dir = folder
            async with super().running(stopped) as instance:
                yield instance

    def _docker(self) -> FakeDaemon:
        return FakeDaemon.make(self.build_namespace)
