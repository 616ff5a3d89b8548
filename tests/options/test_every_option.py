"""Every option of `c.BinderHub`: the real application started with it, its effect seen outside.

One row an option (or a few that belong together). An option without a row is a failing test.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from traitlets.config import Application

from binderhub_lite.app import BinderHub
from binderhub_lite.event_log import EventLog
from binderhub_lite.events import BinderError
from binderhub_lite.launch import Launcher, LaunchQuota
from binderhub_lite.web.rate_limit import RateLimiter

from ..support.instance import docker
from ..support.tiny_builder import import_tiny_builders
from . import builds, hub, limits, pages, requests, server  # noqa: F401  (they add rows)
from .rows import NAMESPACE, ROWS, Row, started

SECONDS = 60
"""For what an option does to show."""


@pytest.fixture(scope="module", autouse=True)
def tiny_builders() -> Iterator[None]:
    import_tiny_builders()
    yield
    for namespace in (NAMESPACE, f"{NAMESPACE}-b"):
        left = docker("ps", "-aq", f"--filter=label=binderhub-lite.namespace={namespace}").split()
        if left:
            docker("rm", "--force", *left)
    ours = [f"--filter=reference={NAMESPACE}{rest}" for rest in ("-*", "/*")]
    images = docker("images", "--format={{.Repository}}:{{.Tag}}", *ours).split()
    if images:
        docker("rmi", "--force", *images)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.check.__name__ + "-" + row.options[0])
async def test_an_option_does_what_its_help_says(
    row: Row, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINDERHUB_LITE_CA_BUNDLE", "")
    if not row.refused:
        async with started(row, tmp_path, capsys) as running, asyncio.timeout(SECONDS):
            await row.check(running)
        return
    with pytest.raises((BinderError, SystemExit)) as caught:
        async with started(row, tmp_path, capsys):
            pass
    assert row.refused in f"{caught.value} {capsys.readouterr().err}"


def test_no_option_is_without_a_row() -> None:
    inherited = {
        name
        for name in Application.class_trait_names(config=True)
        if getattr(Application, name) is getattr(BinderHub, name)
    }
    options = set(BinderHub.class_trait_names(config=True)) - inherited
    for kind in (EventLog, Launcher, LaunchQuota, RateLimiter):
        own = kind.class_own_traits(config=True)
        options |= {f"{kind.__name__}.{name}" for name in own}

    # It writes a file and ends: tests/test_cli.py.
    assert options - {"generate_config"} == {option for row in ROWS for option in row.options}
