"""GitLab, gitlab.com or one of your own."""

import os
import re
from collections.abc import Set
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from traitlets import Unicode, default

from ..events import BinderError
from .base import NotFound
from .git import full_commit
from .github import NO_REF
from .hosted import HostedProvider

PATH = re.compile(r"(?!\.)[\w.-]+(?:/(?!\.)[\w.-]+)+", re.ASCII)


class GitLabRepoProvider(HostedProvider):
    """`{namespace/project, escaped}/{ref}`: a project on GitLab, in as many groups as it likes."""

    hostname = Unicode("gitlab.com", help="The host of projects.").tag(config=True)
    api_base_path = Unicode(
        "https://{hostname}/api/v4", help="The root of the web API; may contain {hostname}."
    ).tag(config=True)
    access_token = Unicode(
        help="An OAuth token for the web API and git. Private projects that it can read can be "
        "launched by everybody here. Default: $GITLAB_ACCESS_TOKEN."
    ).tag(config=True)
    private_token = Unicode(
        help="A personal, group or project token for the web API and git; the same holds for it. "
        "Default: $GITLAB_PRIVATE_TOKEN."
    ).tag(config=True)

    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "GitLab",
        "id": "gl",
        "spec": {"validateRegex": r"[^/]+/.+"},
        "detect": {"regex": r"^(https?://gitlab\.com/)?(?<repo>[^:]+/[^/:]+)/?$"},
        "repo": {
            "label": "GitLab project or URL",
            "placeholder": "example: group/project or https://gitlab.com/group/project",
            "urlEncode": True,
        },
        "ref": {"enabled": True, "default": "HEAD"},
    }

    @default("access_token")
    def _access_token_from_environment(self) -> str:
        return os.environ.get("GITLAB_ACCESS_TOKEN", "")

    @default("private_token")
    def _private_token_from_environment(self) -> str:
        return os.environ.get("GITLAB_PRIVATE_TOKEN", "")

    @default("git_credentials")
    def _token_as_credentials(self) -> str:
        """Any name goes with a private token, this one with an OAuth token."""
        if self.private_token:
            return f"username=binderhub\npassword={self.private_token}"
        return f"username=oauth2\npassword={self.access_token}" if self.access_token else ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        escaped, _, ref = self.spec.partition("/")
        self.namespace = unquote(escaped).strip("/").removesuffix(".git")
        self.unresolved_ref = unquote(ref)
        self._commit: str | None = None
        self._check()

    def _check(self) -> None:
        if "/" not in self.namespace or not self.unresolved_ref:
            raise BinderError(
                f"{self.spec!r} is not of the form group%2Fproject/ref: the slashes in the "
                "project's name are written %2F, and a branch, tag, commit or HEAD follows.",
                400,
            )
        if not PATH.fullmatch(self.namespace) or NO_REF.search(self.unresolved_ref):
            raise NotFound(f"{unquote(self.spec)!r} cannot be a project and a ref of GitLab's.")

    def spellings(self) -> Set[str]:
        ref = self.unresolved_ref
        return {f"{quote(self.namespace, safe='')}/{ref}", f"{self.namespace}/{ref}"}

    @property
    def _headers(self) -> dict[str, str]:
        if self.private_token:
            return {"PRIVATE-TOKEN": self.private_token}
        return {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}

    async def get_resolved_ref(self) -> str | None:
        if self._commit is None:
            self._commit = await self._find_commit()
        return self._commit

    async def _find_commit(self) -> str | None:
        """The commit, from GitLab's REST API ("get a single commit")."""
        project, ref = quote(self.namespace, safe=""), quote(self.unresolved_ref, safe="")
        url = f"{self.api_root}/projects/{project}/repository/commits/{ref}"
        answer = await self.ask(url, headers=self._headers)
        if answer is None:
            return None
        with answer.making_sense() as commit:
            return full_commit(commit["id"])

    async def get_resolved_spec(self) -> str:
        return f"{quote(self.namespace, safe='')}/{await self.get_resolved_ref()}"

    def get_repo_url(self) -> str:
        return f"https://{self.hostname}/{self.namespace}.git"

    async def get_resolved_ref_url(self) -> str:
        commit = await self.get_resolved_ref()
        return f"https://{self.hostname}/{self.namespace}/tree/{commit}"

    def get_build_slug(self) -> str:
        # A dash in a name is told from one between names.
        return "-".join(part.replace("-", "_-") for part in self.namespace.split("/"))
