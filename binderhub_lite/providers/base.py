"""What every provider can say of a spec."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, ClassVar

from aiohttp import ClientSession
from traitlets import Instance, Unicode
from traitlets.config import LoggingConfigurable

from ..events import BinderError


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
    open_archive: Callable[[], IO[bytes]] | None = None
    """Opens a tar archive of the content (blocking), where it cannot be fetched by URL."""


class RepoProvider(LoggingConfigurable):
    """One spec, and the questions that it can answer.

    The methods carry the names of BinderHub's, so that a subclass in somebody's
    configuration works with both.
    """

    spec = Unicode(help="The text after the provider's prefix, percent-encoding kept.")
    http = Instance(ClientSession, allow_none=True, help="The shared session for web APIs.")

    unresolved_ref = ""
    """The ref that the spec asks for; empty where there is none to choose."""

    content_provider: ClassVar[str] = "Git"
    display_config: ClassVar[dict[str, Any]] = {}
    """What pages and `/api/repoproviders` say of this provider."""

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

    def open_archive(self) -> IO[bytes]:
        """A tar archive of the content; only called where `content_provider` is Local."""
        raise NotImplementedError

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
                "no such repository or ref. Check the address."
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
            open_archive=self.open_archive if self.content_provider == "Local" else None,
        )
