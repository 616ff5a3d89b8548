"""Figshare: versions, institutions with DOIs of their own, embargoes."""

import pytest

from binderhub_lite.events import BinderError
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService
from .datasets import at, figshare_article, make

DOI = "10.6084/m9.figshare.9782777"
INSTITUTION = "10.25422/azu.data.12456536"


@pytest.mark.parametrize(
    ("spec", "path", "version"),
    [
        (f"{DOI}.v1", "/articles/9782777/versions/1", 1),
        (f"{DOI}.V2", "/articles/9782777/versions/2", 2),
        (DOI, "/articles/9782777", 3),
        (f"https://doi.org/{DOI}", "/articles/9782777", 3),
    ],
)
async def test_an_article_is_a_version_or_the_newest(
    service: JsonService, web: WebApi, spec: str, path: str, version: int
) -> None:
    service.answers[path] = figshare_article(9782777, version, f"{DOI}.v{version}")

    repo = await make("figshare", spec, web, at(service)).resolve("figshare")

    assert repo.ref == f"9782777.v{version}"
    assert repo.resolved_spec == f"{DOI}.v{version}"
    assert repo.ref_url == f"https://doi.org/{DOI}.v{version}"
    assert repo.slug == f"figshare-9782777.v{version}"
    assert repo.url == f"https://figshare.com/articles/_/9782777/{version}"
    assert repo.content_provider == "Figshare"
    assert service.paths == [path]


@pytest.mark.parametrize("spec", [f"{INSTITUTION}.v1", INSTITUTION, "10.6084/m9.figshare.12456536"])
async def test_an_institution_has_dois_of_its_own(
    service: JsonService, web: WebApi, spec: str
) -> None:
    article = figshare_article(12456536, 1, f"{INSTITUTION}.v1")
    service.answers = {
        "/articles/12456536": article,
        "/articles/12456536/versions/1": article,
    }

    repo = await make("figshare", spec, web, at(service)).resolve("figshare")

    assert repo.resolved_spec == f"{INSTITUTION}.v1"
    assert repo.url == "https://figshare.com/articles/_/12456536/1"


@pytest.mark.parametrize("spec", ["10.5281/zenodo.9782777", "10.1000/9782777", "10.7910/DVN/TJC"])
async def test_another_archives_doi_is_not_taken_for_an_articles_number(
    service: JsonService, web: WebApi, spec: str
) -> None:
    service.answers["/articles/9782777"] = figshare_article(9782777, 3, f"{DOI}.v3")

    with pytest.raises(NotFound):
        await make("figshare", spec, web, at(service)).resolve("figshare")


async def test_an_embargo_is_told(service: JsonService, web: WebApi) -> None:
    article = figshare_article(9782777, 1, f"{DOI}.v1", is_embargoed=True)
    service.answers["/articles/9782777"] = article

    with pytest.raises(BinderError, match=r"9782777\.v1 are under embargo at Figshare") as caught:
        await make("figshare", DOI, web, at(service)).resolve("figshare")
    assert caught.value.status_code == 403


async def test_an_article_without_a_doi_has_figshares(service: JsonService, web: WebApi) -> None:
    service.answers["/articles/9782777"] = figshare_article(9782777, 1, "")

    repo = await make("figshare", DOI, web, at(service)).resolve("figshare")

    assert repo.resolved_spec == f"{DOI}.v1"
