"""CKAN: datasets of any of the data portals that run it."""

from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from ..events import BinderError
from .answer import Answer
from .base import RepoProvider
from .dates import seconds_since_epoch

DATASET = "/dataset/"


class CKANProvider(RepoProvider):
    """`{URL, escaped}`: a dataset of a CKAN portal, by the address of its page.

    The newest version, or the one of an activity that the address names
    (`…/history/{id}` or `?activity_id={id}`).
    """

    content_provider: ClassVar[str] = "CKAN"
    display_config: ClassVar[dict[str, Any]] = {
        "displayName": "CKAN dataset",
        "id": "ckan",
        "spec": {"validateRegex": r"^https?.+dataset.+"},
        "detect": {"regex": r"^(?<repo>https?://.+/dataset/.+)$"},
        "repo": {
            "label": "CKAN dataset URL",
            "placeholder": "example: https://demo.ckan.org/dataset/sample-dataset-1",
            "urlEncode": True,
        },
        "ref": {"enabled": False, "default": ""},
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.url = unquote(self.spec)
        parts = _parts(self.url)
        before, _, after = parts.path.partition(DATASET)
        self.dataset_id, *more = after.rstrip("/").split("/")
        self._api = f"{parts.scheme}://{parts.netloc}{quote(before, safe='/%')}/api/3/action"
        self._activity_id = _after_history(more) or _in_query(parts.query)
        self._modified: int | None = None
        if not self.dataset_id:
            raise _no_dataset(self.url)

    async def get_resolved_ref(self) -> str | None:
        if self._modified is None:
            answer = await self.ask(self._question)
            self._modified = _modified(answer) if answer else None
        return f"{self.dataset_id}.v{self._modified}" if self._modified is not None else None

    @property
    def _question(self) -> str:
        """CKAN's action API, version 3: what it knows of the dataset, now or at an activity."""
        if self._activity_id:
            activity = quote(self._activity_id, safe="")
            return f"{self._api}/activity_data_show?id={activity}&object_type=package"
        return f"{self._api}/package_show?id={quote(unquote(self.dataset_id), safe='')}"

    async def get_resolved_spec(self) -> str:
        return self.spec

    def get_repo_url(self) -> str:
        return self.url

    async def get_resolved_ref_url(self) -> str:
        return self.url

    def get_build_slug(self) -> str:
        return f"ckan-{self.dataset_id}"


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not (is_web and DATASET in parts.path and url.isprintable() and " " not in url):
        raise _no_dataset(url)
    return parts


def _no_dataset(url: str) -> BinderError:
    return BinderError(
        f"{url!r} is no address of a CKAN dataset: "
        "one looks like https://demo.ckan.org/dataset/sample-dataset-1.",
        400,
    )


def _after_history(parts: list[str]) -> str:
    return parts[1] if len(parts) > 1 and parts[0] == "history" else ""


def _in_query(query: str) -> str:
    return parse_qs(query).get("activity_id", [""])[0]


def _modified(answer: Answer) -> int:
    """When the dataset was changed last, in whole seconds since the epoch."""
    with answer.making_sense() as told:
        return seconds_since_epoch(told["result"]["metadata_modified"])
