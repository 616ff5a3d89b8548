"""HydroShare: resources, which are data and models about water."""

from typing import Any, ClassVar
from urllib.parse import unquote

from traitlets import Unicode

from ..events import BinderError
from .answer import Answer
from .archives import HYDROSHARE_ID
from .dates import seconds_since_epoch
from .hosted import HostedProvider


class HydroshareProvider(HostedProvider):
    """`{resource}`: a resource on HydroShare, by its id of 32 digits or anything that has it.

    HydroShare keeps no old versions: a resource is what it is now.
    """

    hostname = Unicode("www.hydroshare.org", help="The host of the resources.").tag(config=True)
    api_base_path = Unicode(
        "https://{hostname}/hsapi", help="The root of the web API; may contain {hostname}."
    ).tag(config=True)

    content_provider: ClassVar[str] = "Hydroshare"
    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "Hydroshare resource",
        "id": "hydroshare",
        "spec": {"validateRegex": r"[0-9a-f]{32}"},
        "detect": {"regex": r"(?<repo>[0-9a-f]{32})"},
        "repo": {
            "label": "Hydroshare resource id or URL",
            "placeholder": "example: https://www.hydroshare.org/resource/142c59757ed54de1816777828c9716e7",
        },
        "ref": {"enabled": False, "default": ""},
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        named = HYDROSHARE_ID.search(unquote(self.spec))
        if named is None:
            raise BinderError(
                f"{unquote(self.spec)!r} has no id of a HydroShare resource, "
                "which is 32 digits and letters from a to f.",
                400,
            )
        self.resource_id = named[0]
        self._modified: int | None = None

    async def get_resolved_ref(self) -> str | None:
        if self._modified is None:
            answer = await self.ask(f"{self.api_root}/resource/{self.resource_id}/scimeta/elements")
            self._modified = _modified(answer) if answer else None
        return self._record_id if self._modified is not None else None

    @property
    def _record_id(self) -> str:
        return f"{self.resource_id}.v{self._modified}"

    async def get_resolved_spec(self) -> str:
        return self.get_repo_url()

    def get_repo_url(self) -> str:
        return f"https://{self.hostname}/resource/{self.resource_id}"

    async def get_resolved_ref_url(self) -> str:
        return self.get_repo_url()

    def get_build_slug(self) -> str:
        is_resolved = self._modified is not None
        return f"hydroshare-{self._record_id if is_resolved else self.resource_id}"


def _modified(answer: Answer) -> int:
    """When the resource was changed last, in whole seconds since the epoch.

    The API's "science metadata" has a list of dates, each with its type.
    """
    with answer.making_sense() as told:
        modified = [date["start_date"] for date in told["dates"] if date["type"] == "modified"]
        return seconds_since_epoch(modified[0])
