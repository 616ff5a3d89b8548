"""Specs that are DOIs."""

from typing import Any
from urllib.parse import unquote

from ..events import BinderError
from .archives import DOI
from .base import RepoProvider

SAFE_IN_LINK = "/:;()"
"""What of a DOI's characters stands in a link as it is."""
DETECT = r"^(?:doi:\s*|(?:https?://)?(?:dx\.|www\.)?doi\.org/)?(?<repo>10\.\d+/.+)$"
VALIDATE = r"10\.\d+\/.+"


class DoiProvider(RepoProvider):
    """`{DOI}`: what the DOI stands for; it may follow `doi:` or be a link to doi.org."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        written = DOI.fullmatch(unquote(self.spec).strip())
        if written is None or not written["doi"].isprintable():
            raise BinderError(
                f"{unquote(self.spec)!r} is no DOI: one looks like {self.example_doi()}.", 400
            )
        self.doi = written["doi"].rstrip("/")

    @classmethod
    def example_doi(cls) -> str:
        """One that the provider knows."""
        return str(cls.display_config["repo"]["placeholder"]).removeprefix("example: ")


def display(name: str, prefix: str, example: str) -> dict[str, Any]:
    """What pages say of a provider whose specs are DOIs."""
    return {
        "displayName": f"{name} DOI",
        "id": prefix,
        "spec": {"validateRegex": VALIDATE},
        "detect": {"regex": DETECT},
        "repo": {"label": f"{name} DOI", "placeholder": f"example: {example}"},
        "ref": {"enabled": False, "default": ""},
    }
