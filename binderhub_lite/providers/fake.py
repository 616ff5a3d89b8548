"""Repositories that are nowhere: for work on pages, with no network."""

from hashlib import sha1
from typing import Any, ClassVar

from ..scenarios import scenario_of
from .base import NotFound, RepoProvider


class MadeUp(RepoProvider):
    """Answers every question about a spec from the spec alone."""

    content_provider: ClassVar[str] = "Git"

    async def get_resolved_ref(self) -> str:
        refused = scenario_of(self.spec).refused
        if refused is not None:
            raise NotFound(refused.message) if refused.status == 404 else refused.error()
        return sha1(self.spec.encode(), usedforsecurity=False).hexdigest()

    async def get_resolved_spec(self) -> str:
        return self.spec

    def get_repo_url(self) -> str:
        return f"https://example.com/{self.spec}"

    async def get_resolved_ref_url(self) -> str:
        return self.get_repo_url()

    def get_build_slug(self) -> str:
        return self.spec.replace("/", "-")

    def with_default_ref(self) -> None:
        return None


class FakeProvider(MadeUp):
    """`{scenario}`: a launch that goes as its name says, such as `slow` or `fail-building`."""

    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "Fake",
        "id": "fake",
        "spec": {"validateRegex": r".+"},
        "detect": {},
        "repo": {"label": "What is to happen", "placeholder": "slow"},
        "ref": {"enabled": False, "default": ""},
    }


def made_up(kind: type[RepoProvider]) -> type[RepoProvider]:
    """A provider with the links and the form of `kind`, which looks nothing up."""
    return type(kind.__name__, (MadeUp, kind), {"__doc__": kind.__doc__})
