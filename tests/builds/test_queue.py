"""The order in which builds get their turn, and what those who wait hear of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from binderhub_lite.builds.queue import BuildQueue
from binderhub_lite.builds.shared_log import SharedLog


class Waiter:
    """Somebody's build: takes its turn and holds it until told to go on."""

    def __init__(self, queue: BuildQueue, *, at_once: bool = False) -> None:
        self.log = SharedLog(tail=100)
        self.running = asyncio.Event()
        self.finish = asyncio.Event()
        self.task = asyncio.create_task(self._run(queue, at_once))

    async def _run(self, queue: BuildQueue, at_once: bool) -> None:
        async with queue.turn(self.log, at_once=at_once):
            self.running.set()
            await self.finish.wait()

    @property
    def heard(self) -> list[str]:
        return [event.message.strip() for event in self.log.tail(100)]


@asynccontextmanager
async def waiters(queue: BuildQueue, count: int) -> AsyncIterator[list[Waiter]]:
    async with AsyncExitStack() as stack:
        made = [Waiter(queue) for _ in range(count)]
        for waiter in made:
            stack.callback(waiter.task.cancel)
        await _settle()
        yield made


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def running(made: list[Waiter]) -> list[bool]:
    return [waiter.running.is_set() for waiter in made]


async def test_builds_run_in_the_order_in_which_they_came() -> None:
    queue = BuildQueue(2)
    async with waiters(queue, 5) as made:
        assert running(made) == [True, True, False, False, False]
        made[1].finish.set()
        await _settle()
        assert running(made) == [True, True, True, False, False]
        made[0].finish.set()
        made[2].finish.set()
        await _settle()
        assert running(made) == [True] * 5
        assert (queue.running, queue.waiting) == (2, 0)


async def test_who_waits_hears_how_many_are_ahead_when_that_changes() -> None:
    queue = BuildQueue(1)
    async with waiters(queue, 3) as made:
        made[0].finish.set()
        await _settle()
        made[1].finish.set()
        await _settle()
        assert made[0].heard == []
        assert made[1].heard == ["1 build ahead of yours"]
        assert made[2].heard == ["2 builds ahead of yours", "1 build ahead of yours"]


async def test_who_does_not_move_hears_nothing() -> None:
    queue = BuildQueue(1)
    async with waiters(queue, 4) as made:
        made[2].task.cancel()
        await _settle()
        assert made[1].heard == ["1 build ahead of yours"]
        assert made[3].heard == ["3 builds ahead of yours", "2 builds ahead of yours"]


async def test_who_leaves_the_queue_makes_room_for_those_behind() -> None:
    queue = BuildQueue(1)
    async with waiters(queue, 3) as made:
        made[1].task.cancel()
        await _settle()
        assert made[2].heard[-1] == "1 build ahead of yours"
        assert queue.waiting == 1
        made[0].finish.set()
        await _settle()
        assert made[2].running.is_set()


async def test_a_turn_that_was_given_to_one_who_leaves_at_that_moment_is_not_lost() -> None:
    queue = BuildQueue(1)
    async with waiters(queue, 3) as made:
        made[0].finish.set()
        await made[0].task  # the next one is called, but has not run yet
        made[1].task.cancel()
        await _settle()
        assert made[2].running.is_set()
        made[2].finish.set()
        await _settle()
        assert (queue.running, queue.waiting) == (0, 0)


async def test_a_build_that_runs_already_does_not_wait_but_counts() -> None:
    queue = BuildQueue(1)
    async with waiters(queue, 2) as made:
        adopted = Waiter(queue, at_once=True)
        await _settle()
        assert adopted.running.is_set()
        assert made[1].heard == ["1 build ahead of yours", "2 builds ahead of yours"]
        made[0].finish.set()
        await _settle()
        assert not made[1].running.is_set()
        adopted.finish.set()
        await _settle()
        assert made[1].running.is_set()
