"""Where a repository can come from: one small class a file behind one base class."""

from .base import Repo, RepoProvider
from .ckan import CKANProvider
from .dataverse import DataverseProvider
from .fake import FakeProvider
from .figshare import FigshareProvider
from .git import GitRepoProvider
from .github import GitHubRepoProvider
from .hydroshare import HydroshareProvider
from .local import LocalRepoProvider
from .zenodo import ZenodoProvider

PROVIDERS: dict[str, type[RepoProvider]] = {
    "gh": GitHubRepoProvider,
    "git": GitRepoProvider,
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
    "GitHubRepoProvider",
    "GitRepoProvider",
    "HydroshareProvider",
    "LocalRepoProvider",
    "Repo",
    "RepoProvider",
    "ZenodoProvider",
]
