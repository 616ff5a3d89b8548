"""Zenodo: software and data that have a DOI."""

import re
from typing import Any, ClassVar
from urllib.parse import quote

from traitlets import Unicode

from ..events import BinderError
from .base import NotFound
from .doi import SAFE_IN_LINK, DoiProvider, display
from .hosted import HostedProvider

RECORD = re.compile(r"(?P<start>10\.\d+/)zenodo\.(?P<id>\d+)", re.IGNORECASE)
NOT_PUBLIC = ("closed", "restricted", "embargoed")


class ZenodoProvider(HostedProvider, DoiProvider):
    """`{DOI}`: a record on Zenodo.

    The DOI of one version is that version; the DOI of all versions is the newest.
    """

    hostname = Unicode(
        "zenodo.org", help="The host of the records; sandbox.zenodo.org is one for trying out."
    ).tag(config=True)
    api_base_path = Unicode(
        "https://{hostname}/api", help="The root of the web API; may contain {hostname}."
    ).tag(config=True)

    content_provider: ClassVar[str] = "Zenodo"
    display_config: ClassVar[dict[str, Any]] = display("Zenodo", "zenodo", "10.5281/zenodo.3242074")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        named = RECORD.fullmatch(self.doi)
        if named is None:
            raise NotFound(
                f"{self.doi!r} is no DOI of Zenodo's: one looks like {self.example_doi()}."
            )
        self._start = named["start"]
        self._asked_id = named["id"]
        self._record_id: str | None = None

    async def get_resolved_ref(self) -> str | None:
        if self._record_id is None:
            self._record_id = await self._find_record()
        return self._record_id

    async def _find_record(self) -> str | None:
        """The record's number, from Zenodo's REST API (InvenioRDM's "get a record").

        The API redirects from the number of all versions, or says that there is no such
        record, and then knows the newest version under a path of its own.
        """
        url = f"{self.api_root}/records/{self._asked_id}"
        answer = await self.ask(url) or await self.ask(f"{url}/versions/latest")
        if answer is None:
            return None
        with answer.making_sense() as record:
            found = str(int(record["id"]))
            access = record.get("metadata", {}).get("access_right")
        if access in NOT_PUBLIC:
            raise BinderError(f"The files of {self.doi} are not public on {self.hostname}.", 403)
        return found

    async def get_resolved_spec(self) -> str:
        return quote(f"{self._start}zenodo.{await self.get_resolved_ref()}", safe=SAFE_IN_LINK)

    def get_repo_url(self) -> str:
        # repo2docker knows a record by this address; of the DOI it would ask doi.org, whose
        # answers it does not always understand (repo2docker's issue 1503).
        return f"https://{self.hostname}/record/{self._record_id or self._asked_id}"

    async def get_resolved_ref_url(self) -> str:
        return f"https://doi.org/{await self.get_resolved_spec()}"

    def get_build_slug(self) -> str:
        return f"zenodo-{self._record_id or self._asked_id}"
