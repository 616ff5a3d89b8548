"""Made-up launches for work on pages: what is said, how long it takes, how it ends.

The words of a spec choose one: `/v2/fake/slow`, and just so `/v2/gh/user/slow/HEAD`.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .events import BinderError, Event, Phase

Step = Event | float
"""What a build says next, or the seconds that it says nothing."""

FOR_EVER = float("inf")
FIRST_WORDS = (
    "Reading package lists...",
    "Get:1 bookworm/main amd64 libzmq5 amd64 4.3.4-6 [273 kB]",
    "Setting up libzmq5:amd64 (4.3.4-6) ...",
)
INSTRUCTIONS = (
    "FROM docker.io/library/buildpack-deps:jammy",
    "RUN apt-get -qq update && apt-get -qq install --yes libzmq5",
    "RUN groupadd --gid 1000 jovyan && useradd --uid 1000 --gid 1000 jovyan",
    "COPY --chown=1000:1000 src/environment.lock /tmp/environment.lock",
    "RUN mamba create --prefix /srv/conda --file /tmp/environment.lock",
    "RUN pip install --no-cache-dir --requirement requirements.txt",
    "COPY --chown=1000:1000 src/ /home/jovyan/",
    "RUN jupyter lab build --minimize=False",
)


@dataclass(frozen=True)
class Failure:
    """An ending that is not a server."""

    message: str
    status: int | None = None

    def error(self) -> BinderError:
        return BinderError(self.message, self.status)


@dataclass(frozen=True)
class Scenario:
    """One launch, from its first word to its end."""

    name: str
    about: str
    refused: Failure | None = None
    """Said of the spec itself: nothing is built."""
    built_before: bool = False
    builds_ahead: int = 0
    log: Callable[[], Iterator[Step]] = lambda: iter(())
    build_fails: str = ""
    launch: tuple[float | str, ...] = ("Server requested", 0.5, "Spawning server...", 1.0)
    """The hub's messages, and the seconds between them."""
    launch_fails: str = ""


def scenario_of(text: str) -> Scenario:
    """The scenario that a spec (or an image's name) speaks of; `build` where it names none."""
    words = "|".join(sorted(SCENARIOS, key=len, reverse=True))
    found = re.search(rf"(?<![a-z0-9])({words})(?![a-z0-9])", text)
    return SCENARIOS[found[1] if found else "build"]


async def pause(seconds: float) -> None:
    """Wait; `FOR_EVER` is until it is cancelled."""
    await (asyncio.Event().wait() if seconds == FOR_EVER else asyncio.sleep(seconds))


def _say(*lines: str, phase: str = Phase.BUILDING) -> Iterator[Step]:
    return (Event.of(phase, line) for line in lines)


def _fetching() -> Iterator[Step]:
    yield from _say(
        "Picked Git content provider.", "Cloning into '/tmp/repo2docker'...", phase=Phase.FETCHING
    )
    yield 0.6
    yield from _say("HEAD is now at 1a2b3c4 Explain the second figure", phase=Phase.FETCHING)


def _building(seconds: float, steps: int = len(INSTRUCTIONS), until: int = 99) -> Iterator[Step]:
    """The log of a build of so many steps and seconds, or only its first steps."""
    yield from _fetching()
    yield from _say("Using PythonBuildPack builder")
    yield from _say("#1 [internal] load build definition from Dockerfile", "#1 DONE 0.0s")
    for number in range(1, min(steps, until) + 1):
        instruction = INSTRUCTIONS[(number - 1) % len(INSTRUCTIONS)]
        step = f"#{number + 4}"
        yield from _say(f"{step} [{number:2}/{steps}] {instruction}")
        for line in FIRST_WORDS:
            yield seconds / steps / len(FIRST_WORDS)
            yield from _say(f"{step} 0.412 {line}")
        yield from _say(f"{step} DONE {seconds / steps:.1f}s")


def _storing() -> Iterator[Step]:
    yield from _say("Pushing image", phase=Phase.PUSHING)
    yield 0.5


def _many(count: int) -> Iterator[Step]:
    yield from _fetching()
    for number in range(1, count + 1):
        yield Event.of(Phase.BUILDING, f"{number}: compiling module_{number % 97}.c of the kernel")
        if number % 500 == 0:
            yield 0.02


def _colours() -> Iterator[Step]:
    yield from _fetching()
    yield from _say("\x1b[1mCollecting\x1b[0m numpy", "  Downloading numpy-2.3.1.whl (18.3 MB)")
    for part in range(41):
        bar = f"\x1b[32m{'━' * part:<40}\x1b[0m"
        yield Event.of(Phase.BUILDING, f"     {bar} {part * 18.3 / 40:4.1f}/18.3 MB\r")
        yield 0.05
    yield from _say("", "\x1b[33mWARNING: Running pip as the 'root' user\x1b[0m")
    for name, colour in [("test_orbits PASSED", 32), ("test_moons SKIPPED", 33), ("FAILED", 31)]:
        yield from _say(f"\x1b[{colour}m{name}\x1b[0m")
        yield 0.3


def _ends_with(*lines: str) -> Callable[[], Iterator[Step]]:
    def log() -> Iterator[Step]:
        yield from _building(2, until=5)
        yield from _say(*lines)

    return log


def _halfway() -> Iterator[Step]:
    yield from _building(2, steps=12, until=6)
    yield FOR_EVER


def _fetch_fails() -> Iterator[Step]:
    yield from _say("Picked Git content provider.", phase=Phase.FETCHING)
    yield 0.5
    yield from _say(
        "fatal: unable to access 'https://example.com/': Could not resolve host",
        phase=Phase.FETCHING,
    )


def _push_fails() -> Iterator[Step]:
    yield from _building(1)
    yield from _storing()
    yield from _say("denied: requested access to the resource is denied", phase=Phase.PUSHING)


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("fast", "The image is there already", built_before=True),
        Scenario(
            "build", "An ordinary build: eight steps in six seconds", log=lambda: _building(6)
        ),
        Scenario("slow", "A minute, twenty steps", log=lambda: _building(60, steps=20)),
        Scenario("queue", "Three builds are ahead", builds_ahead=3, log=lambda: _building(3)),
        Scenario("colours", "A log with colours and a progress bar", log=_colours),
        Scenario("lines-1000", "A thousand lines at once", log=lambda: _many(1000)),
        Scenario("lines-100000", "A hundred thousand lines", log=lambda: _many(100_000)),
        Scenario("halfway", "Stays at step 6 of 12: for a close look", log=_halfway),
        Scenario(
            "starting",
            "The server never gets ready: for a close look",
            built_before=True,
            launch=("Server requested", 0.5, "Spawning server...", FOR_EVER),
        ),
        Scenario(
            "no-such-ref",
            "The branch is not there",
            refused=Failure(
                "Could not resolve ref for fake/no-such-ref: "
                "no such repository or ref, or it is private. Check the address.",
                404,
            ),
        ),
        Scenario(
            "rate-limit",
            "Too many launches from one address",
            refused=Failure(
                "Too many requests from your address: try again in 3 minutes, "
                "or open the link in a browser.",
                429,
            ),
        ),
        Scenario(
            "quota",
            "Too many servers of one repository",
            refused=Failure(
                "Too many users running https://example.com/fake! Try again soon.", 500
            ),
        ),
        Scenario(
            "fail-fetching",
            "The repository cannot be fetched",
            log=_fetch_fails,
            build_fails="unable to access 'https://example.com/': Could not resolve host",
        ),
        Scenario(
            "fail-building",
            "A command of the build fails",
            log=_ends_with(
                "#9 12.31 make: *** No rule to make target 'telescope'.  Stop.",
                'ERROR: failed to solve: process "/bin/sh -c make telescope" '
                "did not complete successfully: exit code: 2",
            ),
            build_fails='process "/bin/sh -c make telescope" '
            "did not complete successfully: exit code: 2",
        ),
        Scenario(
            "missing-package",
            "A package is not to be had",
            log=_ends_with(
                "#9 3.012 ERROR: Could not find a version that satisfies the requirement numpie",
                "#9 3.013 ERROR: No matching distribution found for numpie",
            ),
            build_fails="No matching distribution found for numpie",
        ),
        Scenario(
            "out-of-memory",
            "The build takes more memory than it may",
            log=_ends_with("#9 41.20 Killed"),
            build_fails="repo2docker ran out of the memory that a build may take.",
        ),
        Scenario(
            "fail-pushing",
            "The image cannot be stored",
            log=_push_fails,
            build_fails="denied: requested access to the resource is denied",
        ),
        Scenario(
            "fail-launching",
            "The server ends as soon as it starts",
            log=lambda: _building(1),
            launch_fails="Spawn failed: The server ended at once, with status 1. It said:\n"
            "ModuleNotFoundError: No module named 'jupyter_server'",
        ),
    )
}
