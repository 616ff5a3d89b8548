"""One writer, any number of watchers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from binderhub_lite.builds.shared_log import SharedLog
from binderhub_lite.events import Event


def line(number: int) -> Event:
    return Event.of("building", f"line {number}")


def lines(*numbers: int) -> list[str]:
    return [line(number).message for number in numbers]


async def everything(batches: AsyncIterator[list[Event]]) -> list[str]:
    return [event.message async for batch in batches for event in batch]


async def next_batch(batches: AsyncIterator[list[Event]]) -> list[str]:
    return [event.message for event in await anext(batches)]


@pytest.mark.parametrize(("written", "first"), [(3, 0), (5, 0), (12, 7)])
async def test_a_late_watcher_gets_the_last_lines_and_then_all_that_come(
    written: int, first: int
) -> None:
    log = SharedLog(tail=5)
    for number in range(written):
        log.append(line(number))

    watcher = log.watch()
    assert await next_batch(watcher) == lines(*range(first, written))

    log.append(line(written))
    assert await next_batch(watcher) == lines(written)
    for number in range(written + 1, written + 20):
        log.append(line(number))
    log.close()
    assert await everything(watcher) == lines(*range(written + 1, written + 20))


async def test_a_watcher_of_a_closed_log_gets_its_tail_and_ends() -> None:
    log = SharedLog(tail=2)
    for number in range(4):
        log.append(line(number))
    log.close()

    assert await everything(log.watch()) == lines(2, 3)
    assert await everything(log.watch()) == lines(2, 3)


async def test_without_a_tail_a_watcher_only_gets_what_is_new() -> None:
    log = SharedLog(tail=0)
    log.append(line(0))
    watching = asyncio.create_task(everything(log.watch()))
    await asyncio.sleep(0)
    log.append(line(1))
    log.close()

    assert await watching == lines(1)


async def test_closing_an_empty_log_ends_who_waits_for_it() -> None:
    log = SharedLog(tail=5)
    watching = asyncio.create_task(everything(log.watch()))
    await asyncio.sleep(0)
    log.close()

    async with asyncio.timeout(1):
        assert await watching == []


async def test_a_slow_watcher_is_told_what_it_missed_and_holds_up_nobody() -> None:
    log = SharedLog(tail=3, kept=5)
    slow, quick = log.watch(), log.watch()
    log.append(line(0))
    assert await next_batch(slow) == lines(0)

    followed = []
    for number in range(1, 13):
        log.append(line(number))
        followed += await next_batch(quick)
    log.close()

    assert await everything(slow) == ["[7 lines left out]\n", *lines(*range(8, 13))]
    assert followed == lines(*range(13))


async def test_five_hundred_watchers_all_get_every_line() -> None:
    log = SharedLog(tail=1000)
    watching = [asyncio.create_task(everything(log.watch())) for _ in range(500)]
    for number in range(200):
        log.append(line(number))
        if number % 10 == 0:
            await asyncio.sleep(0)
    log.close()

    expected = lines(*range(200))
    async with asyncio.timeout(10):
        assert all(seen == expected for seen in await asyncio.gather(*watching))


async def test_a_watcher_that_leaves_does_not_disturb_the_others() -> None:
    log = SharedLog(tail=5)
    leaving, staying = (asyncio.create_task(everything(log.watch())) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    log.append(line(0))
    log.close()

    assert await staying == lines(0)


@pytest.mark.parametrize(("count", "expected"), [(2, (3, 4)), (5, (0, 1, 2, 3, 4)), (9, range(5))])
def test_the_tail_is_the_last_lines(count: int, expected: tuple[int, ...]) -> None:
    log = SharedLog(tail=5)
    for number in range(5):
        log.append(line(number))

    assert [event.message for event in log.tail(count)] == lines(*expected)
