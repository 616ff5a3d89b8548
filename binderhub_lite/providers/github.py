"""GitHub, github.com or an enterprise's own."""

import re
from collections.abc import Set
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from ..events import BinderError
from .base import NotFound
from .git import COMMIT, full_commit
from .github_api import GitHubApiProvider

GUESSED_BRANCHES = ("main", "master")
# Whatever is neither must not become a part of the API's URL, where ".." would lead elsewhere.
NAME = re.compile(r"(?!\.\.?$)[A-Za-z0-9._-]+")
NO_REF = re.compile(r"(^|/)\.|\.\.|[\0-\x20\x7f]")


class GitHubRepoProvider(GitHubApiProvider):
    """`{user}/{repo}/{ref}`: a repository on GitHub; the ref may contain slashes."""

    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "GitHub",
        "id": "gh",
        "spec": {"validateRegex": r"[^/]+/[^/]+/.+"},
        "detect": {"regex": r"^(https?://github.com/)?(?<repo>[^/:]+/[^/:]+)/?$"},
        "repo": {
            "label": "GitHub repository name or URL",
            "placeholder": "example: user/repo or https://github.com/user/repo",
        },
        "ref": {"enabled": True, "default": "HEAD"},
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._commit: str | None = None
        self.read_spec()

    def read_spec(self) -> None:
        """Take the spec apart. Raises BinderError (400, 404) when it is none of ours."""
        parts = self.spec.split("/", 2)
        if len(parts) != 3 or not all(parts):
            repo = "/".join(parts[:2]) if len(parts) > 1 and all(parts[:2]) else "user/repo"
            raise BinderError(
                f"{self.spec!r} is not user/repo/ref: say which branch, tag or commit you want, "
                f"or HEAD for the newest, as in {repo}/HEAD.",
                400,
            )
        self.user, repo, ref = (unquote(part) for part in parts)
        self.repo = repo.removesuffix(".git")
        self.unresolved_ref = ref
        if not (NAME.fullmatch(self.user) and NAME.fullmatch(self.repo)) or NO_REF.search(ref):
            raise NotFound(f"{unquote(self.spec)!r} cannot be a repository and a ref of GitHub's.")

    def spellings(self) -> Set[str]:
        return {*super().spellings(), f"{self.user}/{self.repo}/{self.unresolved_ref}"}

    def get_repo_url(self) -> str:
        return f"https://{self.hostname}/{self.user}/{self.repo}"

    async def get_resolved_ref(self) -> str | None:
        if self._commit is None:
            try:
                self._commit = await self._ask_api()
            except BinderError as error:
                if COMMIT.fullmatch(self.unresolved_ref):
                    self._commit = self.unresolved_ref  # git tells of names only
                else:
                    url = self.get_repo_url()
                    self._commit = await self.ask_git(url, self.unresolved_ref, error)
        return self._commit

    async def _ask_api(self) -> str | None:
        """The commit, from GitHub's REST API ("get a commit")."""
        ref = quote(self.unresolved_ref)
        answer = await self.ask_github(f"/repos/{self.user}/{self.repo}/commits/{ref}")
        if answer is None:
            return None
        with answer.making_sense() as commit:
            return full_commit(commit["sha"])

    def with_default_ref(self) -> "GitHubRepoProvider | None":
        if self.unresolved_ref not in GUESSED_BRANCHES:
            return None
        spec = f"{self.user}/{self.repo}/HEAD"
        return type(self)(parent=self.parent, config=self.config, web=self.web, spec=spec)

    async def get_resolved_spec(self) -> str:
        return f"{self.user}/{self.repo}/{await self.get_resolved_ref()}"

    async def get_resolved_ref_url(self) -> str:
        return f"{self.get_repo_url()}/tree/{await self.get_resolved_ref()}"

    def get_build_slug(self) -> str:
        return f"{self.user}-{self.repo}"
