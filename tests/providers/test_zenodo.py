"""Zenodo: one version, the newest of all, and records that are not public."""

import pytest

from binderhub_lite.events import BinderError
from binderhub_lite.providers import ZenodoProvider
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService
from .datasets import at, make, zenodo_record


@pytest.mark.parametrize(
    "spec",
    [
        "10.5281/zenodo.3242074",
        "doi:10.5281/zenodo.3242074",
        "10.5281%2Fzenodo.3242074",
        "10.5281/ZENODO.3242074",
        "https://doi.org/10.5281/zenodo.3242074",
    ],
)
async def test_the_doi_of_a_version_is_that_version(
    service: JsonService, web: WebApi, spec: str
) -> None:
    service.answers["/records/3242074"] = zenodo_record(3242074)

    repo = await make("zenodo", spec, web, at(service)).resolve("zenodo")

    assert repo.ref == "3242074"
    assert repo.resolved_spec == "10.5281/zenodo.3242074"
    assert repo.ref_url == "https://doi.org/10.5281/zenodo.3242074"
    assert repo.slug == "zenodo-3242074"
    assert repo.url == "https://zenodo.org/record/3242074"
    assert repo.content_provider == "Zenodo"
    assert service.paths == ["/records/3242074"]


@pytest.mark.parametrize("redirects", [True, False])
async def test_the_doi_of_all_versions_is_the_newest(
    service: JsonService, web: WebApi, redirects: bool
) -> None:
    """Zenodo's API has done both: redirect, and have the newest version elsewhere."""
    service.answers["/records/3242074"] = zenodo_record(3242074)
    where = "/records/3242073" if redirects else "/records/3242073/versions/latest"
    service.answers[where] = "/records/3242074"

    repo = await make("zenodo", "10.5281/zenodo.3242073", web, at(service)).resolve("zenodo")

    assert (repo.ref, repo.slug) == ("3242074", "zenodo-3242074")
    assert repo.resolved_spec == "10.5281/zenodo.3242074"
    assert repo.url == "https://zenodo.org/record/3242074"


@pytest.mark.parametrize("access", ["closed", "restricted", "embargoed"])
async def test_files_that_nobody_may_have_are_said_to_be(
    service: JsonService, web: WebApi, access: str
) -> None:
    service.answers["/records/1"] = zenodo_record(1, access)

    with pytest.raises(
        BinderError, match=r"The files of 10\.5281/zenodo\.1 are not public"
    ) as caught:
        await make("zenodo", "10.5281/zenodo.1", web, at(service)).resolve("zenodo")
    assert caught.value.status_code == 403


@pytest.mark.parametrize("spec", ["10.7910/DVN/TJCLKP", "10.5281/zenodo.x", "10.5281/zenodo.1/2"])
def test_a_doi_of_another_place_is_not_found(spec: str) -> None:
    with pytest.raises(NotFound, match=r"is no DOI of Zenodo's: one looks like 10\.5281/"):
        ZenodoProvider(spec=spec)


@pytest.mark.parametrize("spec", ["", "zenodo.1", "3242074", "https://zenodo.org/record/1"])
def test_what_is_no_doi_is_refused(spec: str) -> None:
    with pytest.raises(BinderError, match="is no DOI: one looks like") as caught:
        ZenodoProvider(spec=spec)
    assert caught.value.status_code == 400


async def test_another_host_has_its_own_api_and_addresses(web: WebApi) -> None:
    sandbox = make("zenodo", "10.5072/zenodo.5", web, {"hostname": "sandbox.zenodo.org"})

    assert "https://sandbox.zenodo.org/api" in sandbox.own_urls()
    assert sandbox.get_repo_url() == "https://sandbox.zenodo.org/record/5"
