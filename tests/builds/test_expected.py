"""How long a build is expected to take."""

import time

from binderhub_lite.builds.archive import BuildRecord
from binderhub_lite.builds.expected import expected_duration

from .conftest import MakeBuilds, SharedFolder
from .watching import TINY, follow


def record(repo: str, seconds: float, state: str = "built") -> BuildRecord:
    return BuildRecord("name", "gh", "spec", repo, "ref", state, time.time(), seconds, "image")


def test_builds_of_the_same_repository_come_first() -> None:
    ended = [
        record("other", 1000),
        record("mine", 1, "failed"),
        *(record("mine", seconds) for seconds in (60, 64, 50, 70, 62)),
        record("mine", 900),  # long ago
    ]
    assert expected_duration("mine", ended) == {
        "expected_seconds": 62,
        "expected_from": "repository",
    }


def test_then_those_of_others_and_then_nobody_knows() -> None:
    ended = [record("a", 10), record("b", 30), record("mine", 5, "failed"), record("c", 20)]
    assert expected_duration("mine", ended) == {"expected_seconds": 20, "expected_from": "others"}
    assert expected_duration("mine", [record("mine", 5, "failed")]) == {}


async def test_watchers_are_told_what_earlier_builds_took(
    make_builds: MakeBuilds, folder: SharedFolder
) -> None:
    builds = make_builds()
    first, *_ = await follow(builds, await folder.repo(TINY, "one"))
    assert "expected_seconds" not in first.fields
    assert first.fields["running_seconds"] is None

    second, *_ = await follow(builds, await folder.repo(TINY, "two"))
    (took,) = [one.duration for one in await builds.records() if one.repo.endswith("/one")]
    assert second.fields["expected_seconds"] == round(took, 1)
    assert second.fields["expected_from"] == "others"
