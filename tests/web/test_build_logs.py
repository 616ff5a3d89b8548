"""The list of recent builds, as everybody may read it."""

import json
from pathlib import Path

import pytest

from binderhub_lite.builds import LogArchive
from binderhub_lite.builds.archive import BuildRecord

from .conftest import Served


@pytest.mark.parametrize(
    ("repo", "listed"),
    [
        ("https://git.test/repo", True),
        ("ssh://git@git.test/repo", True),
        ("https://a-token@git.test/repo", False),
        ("https://ada:hunter2@git.test/repo", False),
        ("ssh://git:hunter2@git.test/repo", False),
    ],
)
async def test_who_named_a_password_is_not_on_the_list(
    served: Served, shared: Path, repo: str, listed: bool
) -> None:
    archive = LogArchive(shared.parent / "builds")
    archive.begin("a-build")
    record = BuildRecord("a-build", "git", "any", repo, "1" * 40, "built", 0, 1, "image")
    archive.end(record)

    builds = json.loads((await served.get("/api/builds")).text)

    assert [build["repo"] for build in builds] == ([repo] if listed else [])
