"""One build, from its place in the queue to its end."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from aiodocker.containers import DockerContainer
from aiodocker.exceptions import DockerError

from ..dockerd import DockerDaemon, DockerTrouble, remove
from ..events import BinderError, Event, Phase
from . import repo2docker
from .archive import BuildRecord, LogArchive, LogWriter
from .container import BuilderContainer
from .expected import Expected
from .facts import BuildFacts
from .queue import BuildQueue
from .settings import BuildSettings
from .shared_log import SharedLog

log = logging.getLogger(__name__)

LINES_THAT_EXPLAIN = 60
KILLED = 137  # 128 + SIGKILL
BEING_REMOVED = "removing"


class Build:
    """Builds one image; any number of watchers share its log.

    `run` does the work and never raises: how it ended is in `error`.
    """

    def __init__(
        self,
        daemon: DockerDaemon,
        settings: BuildSettings,
        queue: BuildQueue,
        archive: LogArchive,
        facts: BuildFacts,
        source: BuilderContainer | DockerContainer,
    ) -> None:
        """`source` makes the container; or it is one that a process before us has left."""
        self.facts = facts
        self.writer: LogWriter | None = None
        """Where the log is kept; None while the build waits for its turn."""
        self._archive = archive
        self._started = facts.created or time.time()
        self.log = SharedLog(settings.log_tail_lines)
        self.error: BinderError | None = BinderError("The build has not ended.")
        """Why there is no image; None when the build went well."""
        self.asked = {(facts.provider, facts.spec)}
        """The specs that people named this build by."""
        self.watchers = 0
        self.expected: Expected = {}
        """How long it may take; empty where nobody knows."""
        self._daemon = daemon
        self._settings = settings
        self._queue = queue
        self._source = source
        self._container: DockerContainer | None = None
        self._verdict: BinderError | None = None
        self._task: asyncio.Task[Any] | None = None

    @property
    def queued(self) -> bool:
        return self.writer is None

    @property
    def stopping(self) -> bool:
        """Whether it is about to end, so that nobody may join it any more."""
        return self._verdict is not None

    @property
    def record(self) -> BuildRecord:
        """How the build stands."""
        state = "queued" if self.queued else "running"
        return BuildRecord.of(self.facts, state, self._started, None)

    async def stop(self, verdict: BinderError) -> None:
        """End the build, whatever it does now; its watchers are told `verdict`."""
        self._verdict = verdict
        if self._container is not None:
            await remove(self._container)
        else:
            self.abandon(verdict)

    def abandon(self, verdict: BinderError) -> None:
        """Stop following the build, which cannot be done any more; its container stays."""
        self._verdict = verdict
        if self._task is not None:
            self._task.cancel()

    async def run(self) -> None:
        """Wait for a turn, build the image, write the log, remove the container."""
        self._task = asyncio.current_task()
        try:
            if self._verdict is not None:  # stopped before it began
                raise self._verdict
            adopted = isinstance(self._source, DockerContainer)
            async with self._queue.turn(self.log, at_once=adopted):
                await self._build()
            self.error = None
        except BinderError as error:
            self.error = error
        except DockerTrouble as error:
            self.error = self._daemon.explain(error)
        except asyncio.CancelledError:
            going_down = BinderError("The server is shutting down; ask again in a moment.", 503)
            self.error = self._verdict or going_down
            if self._verdict is None:
                raise
        except Exception:
            log.exception("Build %s broke", self.facts.name)
            self.error = BinderError("The build broke inside the server; its log says why.", 500)
        await self._keep_log()

    async def _keep_log(self) -> None:
        """Finish the kept log with the reason of a failure, and keep how it ended."""
        if self.writer is None:  # it never had its turn
            return
        state, size = "built", None
        try:
            if self.error is None:
                size = await self._daemon.image_size(self.facts.image)
        except DockerTrouble as error:
            log.debug("How large %s is cannot be told: %s", self.facts.image, error)
        if self.error is not None:
            state = "failed"
            await self.writer.write(f"Failed: {self.error.message}")
        await self.writer.close()
        record = BuildRecord.of(self.facts, state, self._started, size)
        await asyncio.to_thread(self._archive.end, record)

    async def _build(self) -> None:
        self._started = self.facts.created or time.time()  # its turn has come
        self.writer = await asyncio.to_thread(self._archive.begin, self.facts.name)
        attached = await self._attach()
        if attached is None:
            return
        self._container, made_elsewhere = attached
        if self._verdict is not None:  # it was stopped while it began
            await remove(self._container)
        # When we are cancelled the container stays: the next process follows it to its end.
        try:
            async with asyncio.timeout(self._settings.max_age - self.facts.age):
                state = await self._follow(self._container, made_elsewhere)
        except TimeoutError:
            self._verdict = self._too_old()
            state = {}
        await remove(self._container)
        if self._verdict is not None:
            raise self._verdict
        # Another process that followed it, too, may have removed it first: the image tells.
        went_well = state.get("ExitCode", 0) == 0
        if not went_well:
            await self._daemon.check()  # a daemon that goes down takes its containers along
        if not went_well or not await self._daemon.has_image(self.facts.image):
            raise BinderError(f"Building {self.facts.repo_url} failed: {self._explain(state)}")

    async def _attach(self) -> tuple[DockerContainer, bool] | None:
        if isinstance(self._source, DockerContainer):
            return self._source, True
        return await self._source.create_or_attach(self.log)

    def _too_old(self) -> BinderError:
        return BinderError(
            f"Building {self.facts.repo_url} was stopped: "
            f"it took longer than the {self._settings.max_age:g} seconds that a build may take."
        )

    def _explain(self, state: dict[str, object]) -> str:
        if state.get("OOMKilled"):
            return "repo2docker ran out of the memory that a build may take."
        if state.get("ExitCode") == 0:
            return f"repo2docker ended well, but there is no image {self.facts.image}."
        reason = repo2docker.explain_failure(self.log.tail(LINES_THAT_EXPLAIN))
        if reason is not None:
            return reason
        if not state:
            return "its container was removed by somebody."
        if state.get("ExitCode") == KILLED:
            return "its container was killed by somebody."
        last = self.log.tail(1)
        last_words = last[0].message.strip() if last else "it said nothing"
        return f"repo2docker ended with status {state.get('ExitCode')}: {last_words}"

    async def _follow(self, container: DockerContainer, from_before: bool) -> dict[str, object]:
        """Read the container's log to its end; this is its only reader here.

        Returns Docker's state of the ended container, empty when somebody removed it.
        """
        try:
            past = await _count_lines(container) if from_before else 0
            output = container.log(stdout=True, stderr=True, follow=True)
            async with contextlib.aclosing(_lines(output)) as lines:
                await self._skip_past(lines, past)
                async for line in lines:
                    event = repo2docker.parse_line(line)
                    self.log.append(event)
                    await self._keep(event)
            await container.wait()
            state = dict((await container.show())["State"])
            # `docker rm --force` kills first; whoever removes it, its own end came before that.
            removed_alive = state["Status"] == BEING_REMOVED and state["ExitCode"] == KILLED
            return {} if removed_alive and not state["OOMKilled"] else state
        except DockerError as error:
            if error.status not in (404, 409):  # 409: its removal is under way
                raise
            return {}

    async def _keep(self, event: Event) -> None:
        if self.writer is not None:
            await self.writer.write(event.message)

    async def _skip_past(self, lines: AsyncIterator[str], count: int) -> None:
        """Of the lines that were written before we came, keep those that a late watcher gets."""
        kept: deque[Event] = deque(maxlen=self._settings.log_tail_lines)
        for _ in range(count):
            line = await anext(lines, None)
            if line is None:
                break
            event = repo2docker.parse_line(line)
            kept.append(event)
            await self._keep(event)
        for event in kept:
            self.log.append(event)


async def _count_lines(container: DockerContainer) -> int:
    pieces = await container.log(stdout=True, stderr=True, follow=False)
    return "".join(pieces).count("\n")


async def _lines(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Whole lines out of pieces that may end anywhere."""
    rest = ""
    async for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            yield line
    if rest:
        yield rest


def visible(events: list[Event]) -> list[Event]:
    """What watchers see: the stream's end is ours to tell, not repo2docker's "failed" lines."""
    return [event for event in events if event.phase != Phase.FAILED]
