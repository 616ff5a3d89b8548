"""One dataset at each kind of archive: how its web API tells of it, and how to ask for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from traitlets.config import Config, Configurable

from binderhub_lite.providers import PROVIDERS, RepoProvider
from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService

RESOURCE = "142c59757ed54de1816777828c9716e7"
DOI = "10.7910/DVN/TJCLKP"

Options = Mapping[str, Any]


def make(prefix: str, spec: str, web: WebApi, options: Options) -> RepoProvider:
    """A provider for the spec, whose configuration is `options`."""
    kind = PROVIDERS[prefix]
    config = Config({kind.__name__: dict(options)})
    return kind(parent=Configurable(config=config), web=web, spec=spec)


def zenodo_record(number: int, access: str = "open") -> dict[str, Any]:
    return {
        "id": number,
        "recid": str(number),
        "doi": f"10.5281/zenodo.{number}",
        "conceptrecid": "3242073",
        "metadata": {"title": "An example", "access_right": access},
        "links": {"self": f"https://zenodo.org/api/records/{number}"},
    }


def figshare_article(number: int, version: int, doi: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "version": version,
        "doi": doi,
        "title": "An example",
        "is_embargoed": False,
        "url_public_html": f"https://figshare.com/articles/dataset/An_example/{number}",
        "files": [{"id": 1, "name": "a.zip", "is_link_only": False}],
        **more,
    }


def handle(doi: str, url: str) -> dict[str, Any]:
    """doi.org's answer."""
    return {
        "responseCode": 1,
        "handle": doi,
        "values": [
            {"index": 100, "type": "HS_ADMIN", "data": {"format": "admin", "value": {"index": 1}}},
            {"index": 1, "type": "URL", "data": {"format": "string", "value": url}, "ttl": 86400},
        ],
    }


def dataverse_dataset(number: int, doi: str, version: tuple[int, int]) -> dict[str, Any]:
    authority, _, identifier = doi.partition("/")
    return {
        "status": "OK",
        "data": {
            "id": number,
            "identifier": identifier,
            "persistentUrl": f"https://doi.org/{doi}",
            "protocol": "doi",
            "authority": authority,
            "latestVersion": {
                "versionNumber": version[0],
                "versionMinorNumber": version[1],
                "versionState": "RELEASED",
            },
        },
    }


def hydroshare_elements(modified: str) -> dict[str, Any]:
    return {
        "title": "An example",
        "dates": [
            {"type": "created", "start_date": "2018-10-11T20:50:07.605002Z", "end_date": None},
            {"type": "modified", "start_date": modified, "end_date": None},
        ],
    }


def ckan_package(name: str, modified: str) -> dict[str, Any]:
    return {
        "help": "https://demo.ckan.org/api/3/action/help_show?name=package_show",
        "success": True,
        "result": {"name": name, "metadata_modified": modified, "resources": []},
    }


@dataclass(frozen=True)
class Archive:
    """A kind of archive, with one dataset in it."""

    prefix: str
    spec: Callable[[JsonService], str]
    """Names the dataset."""
    options: Callable[[JsonService], Options]
    """Lead the provider to the service."""
    answers: Callable[[JsonService], dict[str, Any]]
    """What the archive says of the dataset."""
    ref: str

    def provider(self, service: JsonService, web: WebApi) -> RepoProvider:
        return make(self.prefix, self.spec(service), web, self.options(service))


def at(service: JsonService) -> Options:
    return {"api_base_path": service.url}


ARCHIVES = [
    Archive(
        "zenodo",
        lambda service: "10.5281/zenodo.3242074",
        at,
        lambda service: {"/records/3242074": zenodo_record(3242074)},
        "3242074",
    ),
    Archive(
        "figshare",
        lambda service: "10.6084/m9.figshare.9782777",
        at,
        lambda service: {
            "/articles/9782777": figshare_article(9782777, 3, "10.6084/m9.figshare.9782777.v3")
        },
        "9782777.v3",
    ),
    Archive(
        "hydroshare",
        lambda service: RESOURCE,
        at,
        lambda service: {
            f"/resource/{RESOURCE}/scimeta/elements": hydroshare_elements(
                "2018-12-27T18:16:46.071815Z"
            )
        },
        f"{RESOURCE}.v1545934606",
    ),
    Archive(
        "dataverse",
        lambda service: DOI,
        lambda service: {"doi_api_base_path": service.url},
        lambda service: {
            f"/handles/{DOI}": handle(DOI, f"{service.url}/citation?persistentId=doi:{DOI}"),
            "/api/datasets/:persistentId/?persistentId=doi%3A10.7910%2FDVN%2FTJCLKP": (
                dataverse_dataset(3035124, DOI, (3, 0))
            ),
        },
        "3035124.v3.0",
    ),
    Archive(
        "ckan",
        lambda service: f"{service.url}/dataset/sample-dataset-1",
        lambda service: {"allow_private_hosts": True},
        lambda service: {
            "/api/3/action/package_show?id=sample-dataset-1": ckan_package(
                "sample-dataset-1", "2024-04-02T02:10:31.123456"
            )
        },
        "sample-dataset-1.v1712023831",
    ),
]
