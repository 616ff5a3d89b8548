"""Where a repository can come from: one small class a file behind one base class."""

from .base import Repo, RepoProvider
from .ckan import CKANProvider
from .dataverse import DataverseProvider
from .fake import FakeProvider
from .figshare import FigshareProvider
from .gist import GistRepoProvider
from .git import GitRepoProvider
from .github import GitHubRepoProvider
from .gitlab import GitLabRepoProvider
from .hydroshare import HydroshareProvider
from .local import LocalRepoProvider
from .zenodo import ZenodoProvider

PROVIDERS: dict[str, type[RepoProvider]] = {
    "gh": GitHubRepoProvider,
    "gist": GistRepoProvider,
    "git": GitRepoProvider,
    "gl": GitLabRepoProvider,
    "zenodo": ZenodoProvider,
    "figshare": FigshareProvider,
    "hydroshare": HydroshareProvider,
    "dataverse": DataverseProvider,
    "ckan": CKANProvider,
    "local": LocalRepoProvider,
}

__all__ = [
    "PROVIDERS",
    "CKANProvider",
    "DataverseProvider",
    "FakeProvider",
    "FigshareProvider",
    "GistRepoProvider",
    "GitHubRepoProvider",
    "GitLabRepoProvider",
    "GitRepoProvider",
    "HydroshareProvider",
    "LocalRepoProvider",
    "Repo",
    "RepoProvider",
    "ZenodoProvider",
]
