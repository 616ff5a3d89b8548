"""Dataverse: datasets of any of its installations."""

import re
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import escapism
from traitlets import Unicode

from .answer import Answer
from .base import NotFound
from .doi import SAFE_IN_LINK, DoiProvider, display

WEB_ADDRESS = re.compile(r"https?://[!-~]+")


class DataverseProvider(DoiProvider):
    """`{DOI}`: a dataset of any Dataverse installation, or one file's DOI for its whole dataset.

    A DOI is for all versions: the newest that is published is meant.
    """

    doi_api_base_path = Unicode(
        "https://doi.org/api",
        help="The root of the web API that tells which installation a DOI leads to.",
    ).tag(config=True)

    content_provider: ClassVar[str] = "Dataverse"
    display_config: ClassVar[dict[str, Any]] = display(
        "Dataverse", "dataverse", "10.7910/DVN/TJCLKP"
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._dataset: _Dataset | None = None

    def own_urls(self) -> list[str]:
        return [self.doi_api_base_path]

    async def get_resolved_ref(self) -> str | None:
        if self._dataset is None:
            self._dataset = await self._find_dataset()
        return self._dataset.ref if self._dataset else None

    async def _find_dataset(self) -> "_Dataset | None":
        installation = await self._find_installation()
        if installation is None:
            return None
        dataset = await self._ask_for_dataset(installation, self.doi)
        if dataset is None:
            dataset = await self._dataset_of_file(installation)
        if dataset is None:
            host = urlsplit(installation).hostname
            raise NotFound(
                f"{self.doi} leads to {host}, which has no Dataverse dataset of that DOI."
            )
        return dataset

    async def _find_installation(self) -> str | None:
        """Scheme and host of the installation; None where there is no such DOI.

        From doi.org's REST API: a "handle" has typed values, one of which is its URL.
        """
        url = f"{self.doi_api_base_path.rstrip('/')}/handles/{quote(self.doi, safe=SAFE_IN_LINK)}"
        answer = await self.ask(url)
        if answer is None:
            return None
        with answer.making_sense() as told:
            urls = [value["data"]["value"] for value in told["values"] if value["type"] == "URL"]
            parts = urlsplit(urls[0])
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise answer.junk()
        return f"{parts.scheme}://{parts.netloc}"

    async def _ask_for_dataset(self, installation: str, doi: str) -> "_Dataset | None":
        """The dataset, from the installation's native API ("get JSON of a dataset")."""
        identifier = quote(f"doi:{doi}", safe="")
        url = f"{installation}/api/datasets/:persistentId/?persistentId={identifier}"
        answer = await self.ask(url)
        return _Dataset(answer, installation) if answer else None

    async def _dataset_of_file(self, installation: str) -> "_Dataset | None":
        """The dataset that a file with a DOI of its own is in ("get JSON of a file")."""
        identifier = quote(f"doi:{self.doi}", safe="")
        url = f"{installation}/api/files/:persistentId/?persistentId={identifier}"
        answer = await self.ask(f"{url}&returnDatasetVersion=true")
        if answer is None:
            return None
        with answer.making_sense() as told:
            doi = str(told["data"]["datasetVersion"]["datasetPersistentId"]).removeprefix("doi:")
        return await self._ask_for_dataset(installation, doi)

    async def get_resolved_spec(self) -> str:
        await self.get_resolved_ref()
        doi = self._dataset.doi if self._dataset else self.doi
        return quote(doi, safe=SAFE_IN_LINK)

    def get_repo_url(self) -> str:
        if self._dataset is None:
            return f"https://doi.org/{self.doi}"
        return self._dataset.url

    async def get_resolved_ref_url(self) -> str:
        await self.get_resolved_ref()
        return self._dataset.persistent_url if self._dataset else self.get_repo_url()

    def get_build_slug(self) -> str:
        identifier = self._dataset.identifier if self._dataset else self.doi
        return f"dataverse-{escapism.escape(identifier, escape_char='-')}".lower()


class _Dataset:
    """The newest version of a dataset, as its installation tells of it."""

    def __init__(self, answer: Answer, installation: str) -> None:
        """Raises BinderError (502) for an answer that makes no sense."""
        with answer.making_sense() as told:
            data = told["data"]
            version = data["latestVersion"]
            major, minor = int(version["versionNumber"]), int(version["versionMinorNumber"])
            self.ref = f"{int(data['id'])}.v{major}.{minor}"
            self.identifier = str(data["identifier"])
            self.doi = f"{data['authority']}/{self.identifier}"
            self.persistent_url = _web_address(data["persistentUrl"])
        identifier = quote(f"doi:{self.doi}", safe=SAFE_IN_LINK)
        self.url = f"{installation}/dataset.xhtml?persistentId={identifier}"


def _web_address(told: Any) -> str:
    """What is told, which may be anything. Raises ValueError when it is no web address."""
    if isinstance(told, str) and WEB_ADDRESS.fullmatch(told):
        return told
    raise ValueError(f"{told!r} is no web address")
