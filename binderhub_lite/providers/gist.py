"""Gists: small repositories at GitHub that have an id in place of a name."""

import re
from collections.abc import Set
from typing import Any, ClassVar
from urllib.parse import unquote

from traitlets import Bool, Unicode

from ..events import BinderError
from .answer import Answer
from .base import NotFound
from .git import COMMIT, full_commit
from .github import NAME, GitHubRepoProvider

GIST_ID = re.compile(r"[0-9a-f]{1,64}", re.IGNORECASE)
NEWEST = ("", "HEAD", "main", "master")


class GistRepoProvider(GitHubRepoProvider):
    """`{user}/{gist}[/{ref}]`: a gist at its newest revision, or at the one of a full commit.

    What is configured for c.GitHubRepoProvider holds here, too, unless
    c.GistRepoProvider says otherwise.
    """

    hostname = Unicode("gist.github.com", help="The host of gists.").tag(config=True)
    api_base_path = Unicode("https://api.github.com", help="The root of the web API.").tag(
        config=True
    )
    allow_secret_gist = Bool(
        False, help="Whether secret gists may be launched by those who know their address."
    ).tag(config=True)

    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "Gist",
        "id": "gist",
        "spec": {"validateRegex": r"[^/]+/[^/]+(/[^/]+)?"},
        "detect": {"regex": r"^(https?://gist\.github\.com/)?(?<repo>[^/:]+/[^/:]+)/?$"},
        "repo": {
            "label": "Gist (user/id) or its URL",
            "placeholder": "example: user/8a658f7f63b13768d1e75fa2464f5092",
        },
        "ref": {"enabled": True, "default": "HEAD"},
    }

    def read_spec(self) -> None:
        parts = [unquote(part) for part in self.spec.rstrip("/").split("/")]
        if len(parts) not in (2, 3) or not all(parts):
            raise BinderError(
                f"{self.spec!r} is not user/gist or user/gist/commit: take user and id from the "
                "address of the gist's page.",
                400,
            )
        self.user, self.gist_id, self.unresolved_ref = (*parts, "")[:3]
        self.gist_id = self.gist_id.removesuffix(".git")
        if not (NAME.fullmatch(self.user) and GIST_ID.fullmatch(self.gist_id)):
            raise NotFound(f"{unquote(self.spec)!r} cannot be a gist.")

    def spellings(self) -> Set[str]:
        short = f"{self.user}/{self.gist_id}"
        return {short, f"{short}/{self.unresolved_ref}"}

    def get_repo_url(self) -> str:
        return f"https://{self.hostname}/{self.user}/{self.gist_id}.git"

    async def get_resolved_ref(self) -> str | None:
        if self._commit is None:
            try:
                self._commit = await self._ask_api()
            except BinderError as error:
                # Only the API says whether a gist is secret.
                if not self.allow_secret_gist or self.unresolved_ref not in NEWEST:
                    raise
                self._commit = await self.ask_git(self.get_repo_url(), "HEAD", error)
        return self._commit

    async def _ask_api(self) -> str | None:
        """The commit, from GitHub's REST API ("get a gist" and "get a gist revision")."""
        answer = await self.ask_github(f"/gists/{self.gist_id}")
        if answer is None:
            return None
        self._check_public(answer)
        with answer.making_sense() as gist:
            versions = [full_commit(entry["version"]) for entry in gist["history"]]
            newest: str = versions[0]
        if self.unresolved_ref in NEWEST:
            return newest
        if not COMMIT.fullmatch(self.unresolved_ref):
            return None  # a gist has no branches and tags
        if self.unresolved_ref in versions or await self._has_revision():
            return self.unresolved_ref
        return None

    async def _has_revision(self) -> bool:
        """Whether there is such a revision beyond the thirty or so that the gist itself lists."""
        return await self.ask_github(f"/gists/{self.gist_id}/{self.unresolved_ref}") is not None

    def _check_public(self, answer: Answer) -> None:
        with answer.making_sense() as gist:
            public = bool(gist["public"])
        if not public and not self.allow_secret_gist:
            raise BinderError(
                "This gist is secret, and secret gists are not launched here: whoever runs this "
                "server can allow it with c.GistRepoProvider.allow_secret_gist = True.",
                403,
            )

    def with_default_ref(self) -> None:
        return None

    async def get_resolved_spec(self) -> str:
        return f"{self.user}/{self.gist_id}/{await self.get_resolved_ref()}"

    async def get_resolved_ref_url(self) -> str:
        page = f"https://{self.hostname}/{self.user}/{self.gist_id}"
        return f"{page}/{await self.get_resolved_ref()}"

    def get_build_slug(self) -> str:
        return self.gist_id
