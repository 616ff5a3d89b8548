"""CKAN: datasets of any portal, now or at an activity."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binderhub_lite.events import BinderError
from binderhub_lite.providers import CKANProvider
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService
from .datasets import ckan_package, make

ALLOWED = {"allow_private_hosts": ["127.0.0.1"]}
ACTIVITY = "93df7fd0-0edc-4ebf-bac7-fbf5f78de90b"
NOW = "/api/3/action/package_show?id=turtles"
THEN = f"/api/3/action/activity_data_show?id={ACTIVITY}&object_type=package"


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("/dataset/turtles", NOW),
        ("/dataset/turtles/", NOW),
        ("/data/en/dataset/turtles", f"/data/en{NOW}"),
        (f"/dataset/turtles/history/{ACTIVITY}", THEN),
        (f"/dataset/turtles/?activity_id={ACTIVITY}", THEN),
        (f"/dataset/turtles/history/{ACTIVITY}?activity_id=another", THEN),
    ],
)
async def test_a_dataset_is_what_it_was_when_it_changed_last(
    service: JsonService, web: WebApi, page: str, asked: str, escaped: bool
) -> None:
    service.answers[asked] = ckan_package("turtles", "2024-04-02T02:10:31.123456")
    url = service.url + page
    spec = quote(url, safe="") if escaped else url

    repo = await make("ckan", spec, web, ALLOWED).resolve("ckan")

    assert repo.ref == "turtles.v1712023831"
    assert repo.resolved_spec == spec
    assert repo.ref_url == repo.url == url
    assert repo.slug == "ckan-turtles"
    assert repo.content_provider == "CKAN"
    assert service.paths == [asked]


async def test_a_dataset_that_is_not_there_is_not_found(service: JsonService, web: WebApi) -> None:
    service.missing = {"success": False, "error": {"__type": "Not Found Error"}}

    with pytest.raises(NotFound):
        await make("ckan", f"{service.url}/dataset/nothing", web, ALLOWED).resolve("ckan")


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "turtles",
        "https://demo.ckan.org/group/roger",
        "https://demo.ckan.org/dataset/",
        "ftp://demo.ckan.org/dataset/x",
        "https:///dataset/x",
        "https://[/dataset/x",
        "https://demo.ckan.org/dataset/x%0Ay",
    ],
)
def test_what_is_no_dataset_is_refused(spec: str) -> None:
    with pytest.raises(BinderError, match="is no address of a CKAN dataset") as caught:
        CKANProvider(spec=spec)
    assert caught.value.status_code == 400


@given(
    before=st.sampled_from(["", "/data", "/data/en"]),
    name=st.from_regex(r"[a-z0-9_-]+", fullmatch=True),
)
def test_a_dataset_is_named_by_its_portal_and_its_own_name(before: str, name: str) -> None:
    url = f"https://portal.example{before}/dataset/{name}"
    provider = CKANProvider(spec=quote(url, safe=""))

    assert (provider.get_repo_url(), provider.get_build_slug()) == (url, f"ckan-{name}")
