"""How long a build will take, judged by earlier ones."""

from collections.abc import Sequence
from statistics import median
from typing import TypedDict

from .archive import BuildRecord

BUILDS_OF_THE_SAME = 5
BUILDS_OF_OTHERS = 20


class Expected(TypedDict, total=False):
    """The fields of an event that say how long a build may take; none, where nobody knows."""

    expected_seconds: float
    expected_from: str
    """`repository`: builds of the same one; `others`: builds of whatever was built here."""


def expected_duration(repo_url: str, ended: Sequence[BuildRecord]) -> Expected:
    """The median of the latest builds that went well: of this repository, else of any.

    `ended` has the newest first.
    """
    built = [record for record in ended if record.state == "built"]
    same = [record.duration for record in built if record.repo == repo_url]
    if same:
        seconds = median(same[:BUILDS_OF_THE_SAME])
        return {"expected_seconds": round(seconds, 1), "expected_from": "repository"}
    if built:
        seconds = median(record.duration for record in built[:BUILDS_OF_OTHERS])
        return {"expected_seconds": round(seconds, 1), "expected_from": "others"}
    return {}
