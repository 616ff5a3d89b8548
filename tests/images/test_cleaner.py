"""Which images go when the disk gets full, in which order, and which stay."""

import asyncio
import logging
import os
import shutil
import subprocess

import pytest

from binderhub_lite.events import BinderError
from binderhub_lite.images import CleanerSettings, ImageCleaner

from .conftest import DISK, MB, Cleaning, SmallDocker


async def look(cleaner: ImageCleaner, times: int = 1) -> None:
    """Let it look at the disk so many times."""
    for _ in range(times):
        await cleaner._look()


async def test_while_there_is_room_nothing_goes(small: SmallDocker, cleaning: Cleaning) -> None:
    images = {small.image("one"), small.image("two")}

    await look(cleaning.cleaner(high=50))

    assert small.images == images
    assert cleaning.measured("binderhub_docker_disk_use_ratio") == pytest.approx(0.2, abs=0.02)


async def test_who_was_launched_longest_ago_goes_first_until_there_is_room(
    small: SmallDocker, cleaning: Cleaning, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for name in ("morning", "yesterday", "week", "never", "noon"):
        small.image(name, 22)
    cleaning.launched(week=170, noon=1, yesterday=24, morning=4)

    # 110 MB of 200 are used; 60 MB may be.
    await look(cleaning.cleaner(high=50, low=30))

    # What was never launched counts from its creation, which is now.
    assert small.images == {"noon:1", "never:1"}
    assert cleaning.measured("binderhub_images_removed_total") == 3
    freed = cleaning.measured("binderhub_image_bytes_removed_total")
    assert freed == pytest.approx(66 * MB, rel=0.05)
    assert cleaning.measured("binderhub_docker_disk_use_ratio") == pytest.approx(0.22, abs=0.02)
    lines = [record.message for record in caplog.records]
    assert [line.split()[4] for line in lines] == [
        "https://example.org/week",
        "https://example.org/yesterday",
        "https://example.org/morning",
    ]
    assert "(23.1 MB, last launched 20" in lines[0]
    assert "to have 30 % of the disk used and not 55." in lines[0]
    assert lines[0].endswith(" MB freed")


async def test_what_is_in_use_or_kept_or_not_ours_stays(
    small: SmallDocker, cleaning: Cleaning
) -> None:
    for name in ("stopped", "building", "elsewhere", "starting", "course", "by-name", "gone"):
        small.image(name, 10)
    small.docker("create", "stopped:1", "/content")
    build = ["--label=binderhub-lite.component=build", "--label=binderhub-lite.image=elsewhere:1"]
    small.docker("create", *build, "stopped:1", "/content")
    cleaning.needed = {"building:1"}
    cleaning.launched(starting=0.01, stopped=100, building=100, course=100, gone=1)
    small.image("theirs", 10, namespace="other")
    small.image("anybodys", 10, image="somebody-else")
    small.docker("tag", small.image("renamed", 10), "a-name-of-mine:1")
    before = small.images

    cleaner = cleaning.cleaner(high=1, low=0, keep=("^https://example.org/cou", "^by-na.e:"))
    await look(cleaner)

    assert before - small.images == {"gone:1"}


async def test_an_image_that_somebody_made_out_of_ours_stays(
    small: SmallDocker, cleaning: Cleaning
) -> None:
    """It inherits our labels."""
    small.image("base")
    small.build("mine", "FROM base:1\nLABEL binderhub-lite.image=base:1\n")
    small.docker("tag", "mine:1", "really-mine:1")
    small.docker("rmi", "mine:1")
    inspected = small.docker("inspect", "really-mine:1", "--format={{json .Config.Labels}}")
    assert "binderhub-lite.namespace" in inspected

    await look(cleaning.cleaner(high=1, low=0))

    assert small.images == {"really-mine:1"}


async def test_a_running_container_of_anybody_keeps_its_image(
    small: SmallDocker, cleaning: Cleaning
) -> None:
    """One that is started after the images were listed, at that."""
    image = small.image("late")
    (listed,) = await cleaning.shelf.images()
    assert listed.used_by == ""
    small.docker("create", image, "/content")

    assert await cleaning.shelf.remove(listed) is False
    assert small.images == {image}
    (listed,) = await cleaning.shelf.images()
    assert listed.used_by == "container"


async def test_what_is_wanted_or_gone_since_it_was_listed_is_left_alone(
    small: SmallDocker, cleaning: Cleaning
) -> None:
    small.image("wanted")
    small.image("gone")
    shelf = cleaning.shelf
    listed = {image.name: image for image in await shelf.images()}
    cleaning.needed = {"wanted:1"}
    small.docker("rmi", "gone:1")

    assert await shelf.remove(listed["wanted:1"]) is False
    assert await shelf.remove(listed["gone:1"]) is False
    assert small.images == {"wanted:1"}


async def test_who_asks_for_an_image_that_is_being_removed_finds_it_gone(
    small: SmallDocker, cleaning: Cleaning
) -> None:
    """And builds it anew, where a launch of it would have failed."""
    small.image("going")
    shelf = cleaning.shelf
    (listed,) = await shelf.images()
    removing = asyncio.create_task(shelf.remove(listed))
    await asyncio.sleep(0)  # it begins

    await shelf.want("going:1")

    assert small.images == set()
    assert await removing
    small.image("staying")
    await shelf.want("staying:1")
    (listed,) = await shelf.images()
    assert listed.used_by == "launch"
    assert await shelf.remove(listed) is False


async def test_build_cache_that_no_image_needs_goes_before_any_image(
    small: SmallDocker, cleaning: Cleaning
) -> None:
    """BuildKit keeps a copy of what it copies from."""
    for name in ("one", "two"):
        small.build(name, "FROM scratch\nCOPY content /\n", content=os.urandom(25 * MB))
    assert small.megabytes_used > 95

    await look(cleaning.cleaner(high=40, low=30))

    assert small.images == {"one:1", "two:1"}
    assert small.megabytes_used < 60


async def test_an_image_goes_with_its_build_cache(small: SmallDocker, cleaning: Cleaning) -> None:
    """Without that its layers stay on the disk, and image after image would go for nothing."""
    for name in ("old", "new"):
        small.build(name, "FROM scratch\nCOPY content /\n", content=os.urandom(40 * MB))
    cleaning.launched(old=100, new=1)

    await look(cleaning.cleaner(high=35, low=25))

    assert small.images == {"new:1"}
    assert small.megabytes_used < 50
    freed = cleaning.measured("binderhub_image_bytes_removed_total")
    assert freed == pytest.approx(40 * MB, rel=0.05)


async def test_a_disk_that_stays_full_is_told_once(
    small: SmallDocker, cleaning: Cleaning, caplog: pytest.LogCaptureFixture
) -> None:
    file = small.fill(DISK * 6 // 10)
    small.image("innocent")
    cleaner = cleaning.cleaner(high=50, low=30)

    await look(cleaner, 3)

    complaint = "still too full, and nothing is left that may be removed (image_gc_high is 50 %)"
    assert [r for r in caplog.records if complaint in r.message] == caplog.records
    assert len(caplog.records) == 1
    file.unlink()
    await look(cleaner)
    small.fill(DISK * 6 // 10)
    await look(cleaner)
    assert len(caplog.records) == 2  # it had been well in between


async def test_a_disk_that_cannot_be_seen_is_told_once_and_nothing_goes(
    small: SmallDocker, cleaning: Cleaning, caplog: pytest.LogCaptureFixture
) -> None:
    small.image("safe", 150)
    subprocess.run(["umount", "--lazy", small.daemon.data_root], check=True)
    shutil.rmtree(small.daemon.data_root)

    await look(cleaning.cleaner(), 3)

    (record,) = caplog.records
    assert f"Docker's data ({small.daemon.data_root}) cannot be seen from here" in record.message
    assert cleaning.measured("binderhub_images_removed_total") == 0


async def test_it_looks_again_and_again_through_an_outage_and_ends_when_told(
    small: SmallDocker, cleaning: Cleaning, caplog: pytest.LogCaptureFixture
) -> None:
    task = asyncio.create_task(cleaning.cleaner(high=50, low=30).run())
    try:
        await asyncio.to_thread(small.image, "first", 120)
        await until_gone(small, "first:1")

        await asyncio.to_thread(small.daemon.stop)
        async with asyncio.timeout(60):
            while "No Docker daemon answers" not in caplog.text:
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)  # many more looks
        await asyncio.to_thread(small.daemon.start)
        # At most once while it goes and once while it is gone: Docker's words for it differ.
        assert caplog.text.count("cannot be looked after now: No Docker daemon answers") <= 2

        await asyncio.to_thread(small.image, "second", 120)
        await until_gone(small, "second:1")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def until_gone(small: SmallDocker, image: str) -> None:
    async with asyncio.timeout(60):
        while image in await asyncio.to_thread(lambda: small.images):
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("high", "low", "keep", "sentence"),
    [
        (60, 60, [], "image_gc_low (60) must be below image_gc_high (60)."),
        (80, 60, ["ok", "a(b"], "image_gc_keep: 'a(b' is no regular expression (missing ), "),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_sentence(
    high: int, low: int, keep: list[str], sentence: str
) -> None:
    with pytest.raises(BinderError) as refused:
        CleanerSettings.of(high, low, 60, keep)
    assert refused.value.message.startswith(sentence)
    assert "\n" not in refused.value.message
