"""Where a repository can come from: one small class a file behind one base class."""

from .base import Repo, RepoProvider
from .fake import FakeProvider
from .git import GitRepoProvider
from .github import GitHubRepoProvider
from .local import LocalRepoProvider

PROVIDERS: dict[str, type[RepoProvider]] = {
    "gh": GitHubRepoProvider,
    "git": GitRepoProvider,
    "local": LocalRepoProvider,
}

__all__ = [
    "PROVIDERS",
    "FakeProvider",
    "GitHubRepoProvider",
    "GitRepoProvider",
    "LocalRepoProvider",
    "Repo",
    "RepoProvider",
]
