"""Dataverse: from a DOI to an installation, and from a file to its dataset."""

from urllib.parse import quote

import pytest

from binderhub_lite.providers.answer import Unreachable
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService
from .datasets import DOI, dataverse_dataset, handle, make


def dataset_path(doi: str) -> str:
    return f"/api/datasets/:persistentId/?persistentId={quote(f'doi:{doi}', safe='')}"


@pytest.fixture
def options(service: JsonService) -> dict[str, str]:
    landing = f"{service.url}/citation?persistentId=doi:{DOI}"
    service.answers[f"/handles/{DOI}"] = handle(DOI, landing)
    return {"doi_api_base_path": service.url}


async def test_a_dataset_is_its_newest_version(
    service: JsonService, web: WebApi, options: dict[str, str]
) -> None:
    service.answers[dataset_path(DOI)] = dataverse_dataset(3035124, DOI, (3, 1))

    repo = await make("dataverse", f"doi:{DOI}", web, options).resolve("dataverse")

    assert repo.ref == "3035124.v3.1"
    assert repo.resolved_spec == DOI
    assert repo.ref_url == f"https://doi.org/{DOI}"
    assert repo.slug == "dataverse-dvn-2ftjclkp"
    assert repo.url == f"{service.url}/dataset.xhtml?persistentId=doi:{DOI}"
    assert repo.content_provider == "Dataverse"
    assert service.paths == [f"/handles/{DOI}", dataset_path(DOI)]


async def test_a_files_doi_is_its_whole_dataset(
    service: JsonService, web: WebApi, options: dict[str, str]
) -> None:
    file = f"{DOI}/3YRRYJ"
    landing = f"{service.url}/file.xhtml?persistentId=doi:{file}"
    service.answers[f"/handles/{file}"] = handle(file, landing)
    service.answers[
        f"/api/files/:persistentId/?persistentId={quote(f'doi:{file}', safe='')}"
        "&returnDatasetVersion=true"
    ] = {"status": "OK", "data": {"datasetVersion": {"datasetPersistentId": f"doi:{DOI}"}}}
    service.answers[dataset_path(DOI)] = dataverse_dataset(3035124, DOI, (1, 0))

    repo = await make("dataverse", file, web, options).resolve("dataverse")

    assert (repo.ref, repo.resolved_spec) == ("3035124.v1.0", DOI)


async def test_a_doi_that_leads_to_no_dataverse_says_where_it_leads(
    service: JsonService, web: WebApi, options: dict[str, str]
) -> None:
    with pytest.raises(NotFound, match=r"leads to 127\.0\.0\.1, which has no Dataverse dataset"):
        await make("dataverse", DOI, web, options).resolve("dataverse")


@pytest.mark.parametrize("told", ["javascript:alert(1)", "https://x/\nRUN id", "", None])
async def test_a_page_that_is_no_web_address_makes_no_sense(
    service: JsonService, web: WebApi, options: dict[str, str], told: str | None
) -> None:
    """It ends up in images and events: any host that a DOI leads to may have written it."""
    dataset = dataverse_dataset(3035124, DOI, (3, 0))
    dataset["data"]["persistentUrl"] = told
    service.answers[dataset_path(DOI)] = dataset

    with pytest.raises(Unreachable, match="makes no sense"):
        await make("dataverse", DOI, web, options).resolve("dataverse")


async def test_a_doi_without_an_address_makes_no_sense(
    service: JsonService, web: WebApi, options: dict[str, str]
) -> None:
    service.answers[f"/handles/{DOI}"] = {"responseCode": 1, "handle": DOI, "values": []}

    with pytest.raises(Exception, match="makes no sense"):
        await make("dataverse", DOI, web, options).resolve("dataverse")
