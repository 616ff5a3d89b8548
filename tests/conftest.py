"""What tests of several rooms share: a git server and a running instance."""

import logging
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from binderhub_lite.providers.web_api import WebApi

from .support.bridge import bridge_address
from .support.gate import Gate, default_bridge
from .support.git_server import GitServer
from .support.instance import BinderProcess, remove_images

# The rows of its table assert, too, in files that are no tests by their names.
pytest.register_assert_rewrite("tests.options")

# What passes on one machine must pass on the next: every run tries the same examples.
# HYPOTHESIS_PROFILE=explore tries new ones, many more.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=5000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


ADMINISTRATOR_TOKEN = secrets.token_hex(16)
"""Of somebody who may stop anybody's server at the hub of `binder`."""


@pytest.fixture(autouse=True)
def log_unchanged() -> None:
    """An application that is initialized sets up the log, for all tests that come after it.

    One of a whole module's, too, which is why this does not wait for a test's end.
    """
    package = logging.getLogger("binderhub_lite")
    package.handlers = []
    package.setLevel(logging.NOTSET)


@pytest.fixture(scope="session", autouse=True)
def no_image_stays() -> Iterator[None]:
    yield
    remove_images()


@pytest.fixture(scope="session", name="bridge_address")
def _bridge_address() -> str:
    """This machine's address on Docker's bridge: servers and build containers reach it alike."""
    return bridge_address()


@pytest.fixture
async def web() -> AsyncIterator[WebApi]:
    """The client for providers' web APIs."""
    async with WebApi(pause=0.01) as web:
        yield web


@pytest.fixture
def gate(bridge_address: str) -> Iterator[Gate]:
    """Holds a build until the test lets it go on."""
    with default_bridge(alone=False):
        gate = Gate(bridge_address)
        yield gate
        gate.close()


@pytest.fixture(scope="module")
def alone_on_the_default_bridge() -> Iterator[None]:
    """For tests whose instances keep RUN steps from this machine."""
    with default_bridge(alone=True):
        yield


@pytest.fixture(scope="session")
def git_server(
    tmp_path_factory: pytest.TempPathFactory, bridge_address: str
) -> Iterator[GitServer]:
    server = GitServer(tmp_path_factory.mktemp("git"), bridge_address)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def binder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinderProcess]:
    """One instance, with its own hub, for all tests that do not stop it."""
    folder: Path = tmp_path_factory.mktemp("binder")
    config = f"""
c.LocalRepoProvider.root = {str(folder / "shared")!r}
c.JupyterHub.services = [{{"name": "caretaker", "api_token": {ADMINISTRATOR_TOKEN!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "caretaker", "scopes": ["admin:servers"], "services": ["caretaker"]}}
]
"""
    process = BinderProcess(folder, config=config)
    (folder / "shared").mkdir()
    yield process.wait_until_ready()
    process.stop()
