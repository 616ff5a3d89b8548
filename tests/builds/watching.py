"""Repositories to build, and ways to watch a build."""

import re
import time
from collections.abc import AsyncIterator

import pytest

from binderhub_lite.builds import Builds
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.events import BinderError, Event
from binderhub_lite.providers import Repo

from ..support.gate import Gate
from ..support.instance import docker_events

# Layers after COPY are new in every test: its README.md is.
TINY = "FROM scratch\nCOPY README.md /\n"
COUNTING = (
    "FROM binderhub-lite/singleuser\nCOPY README.md /tmp/\n"
    "RUN for i in 1 2 3 4 5 6 7 8; do echo line $i of 8; sleep 0.1; done\n"
)
BROKEN = "FROM binderhub-lite/singleuser\nCOPY README.md /tmp/\nRUN echo trying; exit 3\n"


def counting_around(gate: Gate) -> str:
    """Counts like COUNTING, and waits at the gate in the middle."""
    return (
        "FROM binderhub-lite/singleuser\nCOPY README.md /tmp/\n"
        "RUN for i in 1 2 3 4; do echo line $i of 8; done\n"
        f"{gate.dockerfile_line}"
        "RUN for i in 5 6 7 8; do echo line $i of 8; done\n"
    )


async def follow(builds: Builds, repo: Repo, user: str = "") -> list[Event]:
    return [event async for batch in builds.build(repo, user=user) for event in batch]


async def follow_until(batches: AsyncIterator[list[Event]], text: str) -> None:
    async for batch in batches:
        if any(text in event.message for event in batch):
            return
    raise AssertionError(f"the log ended without {text!r}")


async def failure(builds: Builds, repo: Repo, user: str = "") -> str:
    """The sentence with which a build fails."""
    with pytest.raises(BinderError) as caught:
        await follow(builds, repo, user)
    return caught.value.message


def counted(events: list[Event]) -> str:
    """Which of the lines that COUNTING prints were seen, in order."""
    matches = (re.search(r"line ([1-8]) of 8", event.message) for event in events)
    return "".join(match[1] for match in matches if match)


def created_containers(daemon: DockerDaemon, since: float) -> int:
    """How many containers of the namespace were ever made since then."""
    label = f"label=binderhub-lite.namespace={daemon.namespace}"
    return len(list(docker_events(since, time.time(), "type=container", "event=create", label)))
