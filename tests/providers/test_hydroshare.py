"""HydroShare: a resource by its id, wherever that stands."""

import pytest

from binderhub_lite.events import BinderError
from binderhub_lite.providers import HydroshareProvider
from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService
from .datasets import RESOURCE, at, hydroshare_elements, make

PATH = f"/resource/{RESOURCE}/scimeta/elements"


@pytest.mark.parametrize(
    "spec",
    [
        RESOURCE,
        f"10.4211/hs.{RESOURCE}",
        f"https://www.hydroshare.org/resource/{RESOURCE}",
        f"https%3A%2F%2Fwww.hydroshare.org%2Fresource%2F{RESOURCE}%2F",
    ],
)
@pytest.mark.parametrize(
    ("modified", "seconds"),
    [
        ("2018-12-27T18:16:46.071815Z", 1545934606),
        ("2018-12-27T18:16:46.071815", 1545934606),
        ("2018-12-27T18:16:46Z", 1545934606),
        ("2018-12-27T20:16:46+02:00", 1545934606),
    ],
)
async def test_a_resource_is_what_it_was_when_it_changed_last(
    service: JsonService, web: WebApi, spec: str, modified: str, seconds: int
) -> None:
    service.answers[PATH] = hydroshare_elements(modified)

    repo = await make("hydroshare", spec, web, at(service)).resolve("hydroshare")

    page = f"https://www.hydroshare.org/resource/{RESOURCE}"
    assert repo.ref == f"{RESOURCE}.v{seconds}"
    assert repo.resolved_spec == repo.ref_url == repo.url == page
    assert repo.slug == f"hydroshare-{RESOURCE}.v{seconds}"
    assert repo.content_provider == "Hydroshare"


async def test_a_change_makes_a_new_ref(service: JsonService, web: WebApi) -> None:
    refs = []
    for modified in ("2018-12-27T18:16:46Z", "2019-01-01T00:00:00Z"):
        service.answers[PATH] = hydroshare_elements(modified)
        refs.append((await make("hydroshare", RESOURCE, web, at(service)).resolve("x")).ref)

    assert len(set(refs)) == 2


@pytest.mark.parametrize("spec", ["", "x", RESOURCE[1:], f"{RESOURCE}0", RESOURCE.upper()])
def test_a_spec_without_an_id_is_refused(spec: str) -> None:
    with pytest.raises(BinderError, match="has no id of a HydroShare resource") as caught:
        HydroshareProvider(spec=spec)
    assert caught.value.status_code == 400


async def test_another_host_has_its_own_api_and_addresses(web: WebApi) -> None:
    beta = make("hydroshare", RESOURCE, web, {"hostname": "beta.hydroshare.org"})

    assert beta.get_repo_url() == f"https://beta.hydroshare.org/resource/{RESOURCE}"
    assert "https://beta.hydroshare.org/hsapi" in beta.own_urls()
