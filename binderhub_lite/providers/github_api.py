"""GitHub's REST API: who we are to it, and how much it still answers."""

import base64
import os

from traitlets import Unicode, default

from ..events import BinderError
from .answer import Answer, Unreachable
from .base import refused
from .git import SHORT_COMMIT
from .git_command import GitFailed
from .git_remote import GitRemote
from .hosted import HostedProvider
from .web_api import MISSING

EMPTY = 409
"""GitHub's status for a repository with no commit in it yet."""
SERVICE = "github"
"""The name of GitHub's rate limit in `WebApi.rate_limits`."""


class GitHubApiProvider(HostedProvider):
    """What providers share whose repositories GitHub knows of."""

    hostname = Unicode("github.com", help="The host of repositories.").tag(config=True)
    api_base_path = Unicode(
        "https://api.{hostname}",
        help="The root of the web API; may contain {hostname}. "
        "An enterprise's own is https://{hostname}/api/v3.",
    ).tag(config=True)
    access_token = Unicode(
        help="A token for the web API, for its higher rate limit, and for git. Private "
        "repositories that it can read can be launched by everybody here. "
        "Default: $GITHUB_ACCESS_TOKEN."
    ).tag(config=True)
    client_id = Unicode(
        help="The id of an OAuth app of GitHub's, which has a higher rate limit, too. "
        "Default: $GITHUB_CLIENT_ID."
    ).tag(config=True)
    client_secret = Unicode(help="Its secret. Default: $GITHUB_CLIENT_SECRET.").tag(config=True)

    @default("access_token")
    def _access_token_from_environment(self) -> str:
        return os.environ.get("GITHUB_ACCESS_TOKEN", "")

    @default("client_id")
    def _client_id_from_environment(self) -> str:
        return os.environ.get("GITHUB_CLIENT_ID", "")

    @default("client_secret")
    def _client_secret_from_environment(self) -> str:
        return os.environ.get("GITHUB_CLIENT_SECRET", "")

    @default("git_credentials")
    def _token_as_credentials(self) -> str:
        """A personal token goes with any name, an OAuth token is the name itself."""
        if not self.access_token:
            return ""
        if self.client_id:
            return f"username={self.client_id}\npassword={self.access_token}"
        return f"username={self.access_token}\npassword=x-oauth-basic"

    @property
    def is_anonymous(self) -> bool:
        """Whether GitHub does not know us, and so answers little (60 requests an hour)."""
        return "Authorization" not in self._headers

    @property
    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/vnd.github+json"}
        if self.access_token:
            headers["Authorization"] = f"token {self.access_token}"
        elif self.client_id and self.client_secret:
            pair = f"{self.client_id}:{self.client_secret}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return headers

    async def ask_github(self, path: str) -> Answer | None:
        """GitHub's answer to GET `path`; None where it has no such thing, as far as we may see.

        An answer that we had is only sent again when it has changed, which costs nothing of
        the rate limit; that something is missing is believed for five minutes.
        Raises BinderError (429) when the rate limit is spent, others as `ask` does.
        """
        limit = self.web.rate_limits.get(SERVICE)
        if self.is_anonymous and limit is not None and limit.spent:
            raise limit.refusal("GitHub")
        answer = await self.web.get(
            f"{self.api_root}{path}",
            headers=self._headers,
            private_hosts=self.private_hosts,
            remember=True,
            service=SERVICE,
        )
        if answer.status < 300:
            return answer
        if answer.status in (*MISSING, EMPTY):
            return None
        raise refused(answer)

    async def ask_git(self, url: str, ref: str, error: BinderError) -> str | None:
        """The commit as git itself tells it, where the API has failed with `error`.

        Raises `error` when GitHub knows us and yet refused, and when git fails as well or
        cannot know.
        """
        if not isinstance(error, Unreachable) and not self.is_anonymous:
            raise error
        self.log.warning("GitHub's API is of no help: %s Asking git instead.", error.message)
        remote = GitRemote(url, self.private_hosts, self.credentials, web=self.web)
        try:
            commit = await remote.resolve(ref)
        except GitFailed as failure:
            message = f"{error.message} And git could not read {url}: {failure.message}"
            raise type(error)(message, error.status_code) from failure
        if commit is None and SHORT_COMMIT.fullmatch(ref):
            raise error  # only the API knows what it is short for
        return commit
