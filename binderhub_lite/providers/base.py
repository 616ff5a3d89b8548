"""What every provider can say of a spec."""

import re
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, ClassVar

from traitlets import Bool, Instance, List, TraitError, Unicode, Union, validate
from traitlets.config import Configurable, LoggingConfigurable
from yarl import URL

from ..events import BinderError
from .answer import Answer
from .git_credentials import GitCredentials
from .private_hosts import PrivateHosts
from .spec_rules import SpecRules
from .web_api import NO_HEADERS, WebApi


class NotFound(BinderError):
    """The repository or the ref is not there (or not for us)."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 404)


@dataclass(frozen=True)
class Repo:
    """A repository at one resolved ref: all that a build and a launch need to know of it."""

    provider: str
    spec: str
    resolved_spec: str
    url: str
    ref: str
    ref_url: str
    slug: str
    content_provider: str
    """The name of repo2docker's content provider that fetches it."""
    open_archive: Callable[[], Awaitable[IO[bytes]]] | None = None
    """Opens a tar archive of the content, where the builder cannot fetch it by URL."""
    credentials: GitCredentials | None = field(default=None, repr=False)
    """What the server of the repository wants to know before git may clone it."""


class RepoProvider(SpecRules):
    """What all providers have: one spec, and the questions that it can answer.

    The methods carry the names of BinderHub's, so that a subclass in somebody's
    configuration works with both.
    """

    web = Instance(WebApi, help="The shared client for web APIs.")

    allow_private_hosts = Union(
        [Bool(), List(Unicode())],
        default_value=False,
        help="Whether links may make this server fetch from loopback, link-local, private and "
        "other addresses that are not the internet's: True, or a list of the hosts and networks "
        "that are allowed, such as ['git.school.lan', '10.1.0.0/16']. Hosts that the "
        "configuration itself names (`hostname`, `api_base_path` and the like) always are.",
    ).tag(config=True)

    git_credentials = Unicode(
        help="Name and password for git, 'username=NAME\\npassword=PASSWORD', to clone what "
        "not everybody may read. Only the server of the repository gets them, or the one that a "
        "further line, 'host=NAME', names. Everybody who may launch here can read what they open."
    ).tag(config=True)

    unresolved_ref = ""
    """The ref that the spec asks for; empty where there is none to choose."""

    content_provider: ClassVar[str] = "Git"
    display_config: ClassVar[dict[str, Any]] = {}
    """What pages and `/api/repoproviders` say of this provider."""

    @classmethod
    def check_options(cls, parent: Configurable) -> None:
        """Raise TraitError, with one sentence, when the configuration has a bad value for us."""
        options = cls.__new__(cls)
        LoggingConfigurable.__init__(options, parent=parent)  # not ours, which takes a spec

    @validate("allow_private_hosts")
    def _are_hosts_or_networks(self, proposal: Any) -> bool | list[str]:
        try:
            PrivateHosts.of(proposal.value)
        except ValueError as error:
            raise TraitError(f"{type(self).__name__}.allow_private_hosts: {error}.") from None
        allowed: bool | list[str] = proposal.value
        return allowed

    @validate("git_credentials")
    def _have_name_and_password(self, proposal: Any) -> str:
        try:
            GitCredentials.parse(proposal.value, "")
        except ValueError as error:
            raise TraitError(f"{type(self).__name__}.{error}.") from None
        return str(proposal.value)

    @property
    def credentials(self) -> GitCredentials | None:
        """`git_credentials`, for the server of this repository."""
        return GitCredentials.parse(self.git_credentials, self.get_repo_url())

    def own_urls(self) -> Iterable[str]:
        """URLs that the configuration names: their hosts may be reached wherever they are."""
        return ()

    @property
    def private_hosts(self) -> PrivateHosts:
        """What `allow_private_hosts` and the rest of the configuration allow."""
        return PrivateHosts.of(self.allow_private_hosts, self.own_urls())

    async def ask(
        self,
        url: str,
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        missing: Iterable[int] = (404, 410),
        remember: bool = False,
    ) -> Answer | None:
        """The answer of a web API; None where it says that there is no such thing.

        `missing` are the statuses that say so. Raises BinderError with one sentence for
        anything else: private (403), rate-limited (429), not understood, broken or too slow
        (502, 504). See `WebApi.get` for `remember`.
        """
        answer = await self.web.get(
            url, headers=headers, private_hosts=self.private_hosts, remember=remember
        )
        if answer.status < 300:
            return answer
        if answer.status in missing:
            return None
        raise refused(answer)

    @property
    def name(self) -> str:
        """The kind's name in the event log, as BinderHub's: `GitHub` of GitHubRepoProvider."""
        return re.sub("(Repo)?Provider$", "", type(self).__name__)

    @abstractmethod
    async def get_resolved_ref(self) -> str | None:
        """The immutable ref that the spec stands for now; None when there is none.

        Raises BinderError with a sentence for people when it cannot be found out.
        """

    @abstractmethod
    async def get_resolved_spec(self) -> str:
        """The spec with its ref resolved: a link that always gives the same image."""

    @abstractmethod
    def get_repo_url(self) -> str:
        """What repo2docker fetches: a URL that it and a person can open."""

    @abstractmethod
    async def get_resolved_ref_url(self) -> str:
        """A page that shows the repository at the resolved ref."""

    @abstractmethod
    def get_build_slug(self) -> str:
        """A short readable name of the repository, for images and servers."""

    def check_allowed(self) -> None:
        """Raise BinderError (403) when the configuration forbids to launch this spec."""
        if self.is_banned():
            raise BinderError(
                "This repository may not be launched here: ask whoever runs this server, "
                "if that is a mistake.",
                403,
            )

    async def open_archive(self) -> IO[bytes]:
        """A tar archive of the content, at its start; only called where `brings_content`."""
        raise NotImplementedError

    @property
    def brings_content(self) -> bool:
        """Whether a build gets the content from us, as the builder cannot fetch it by URL."""
        return self.content_provider == "Local"

    def with_default_ref(self) -> "RepoProvider | None":
        """The same repository at its default branch, where the asked-for one was only guessed."""
        return None

    async def resolve(self, prefix: str) -> Repo:
        """Everything about the spec, for the provider registered as `prefix`.

        Raises NotFound when there is no such ref, BinderError for any other trouble.
        """
        ref = await self.get_resolved_ref()
        if not ref:
            raise NotFound(
                f"Could not resolve ref for {prefix}/{self.spec}: "
                "no such repository or ref, or it is private. Check the address."
            )
        return Repo(
            provider=prefix,
            spec=self.spec,
            resolved_spec=await self.get_resolved_spec(),
            url=self.get_repo_url(),
            ref=ref,
            ref_url=await self.get_resolved_ref_url(),
            slug=self.get_build_slug(),
            content_provider=self.content_provider,
            open_archive=self.open_archive if self.brings_content else None,
            credentials=self.credentials if self.content_provider == "Git" else None,
        )


def refused(answer: Answer) -> BinderError:
    """What people are told of an answer that is none: one sentence, by its status."""
    host, limit = URL(answer.url).host or "", answer.rate_limit
    if limit is not None and limit.spent and answer.status in (403, 429):
        return limit.refusal(host)
    if answer.status == 429:
        return BinderError(
            f"{host} takes no more requests from this server for now: try again in some minutes.",
            429,
        )
    if answer.status in (401, 403):
        return BinderError(
            f"{host} does not let this server see that: it is private, or the token that the "
            "configuration has for it is not good for it.",
            403,
        )
    return BinderError(
        f"{host} refuses the question (with status {answer.status}): check the address.", 502
    )
