"""All providers of datasets: what they share, and what each says when its web API does not help."""

import asyncio
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binderhub_lite.builds.names import image_name
from binderhub_lite.events import BinderError
from binderhub_lite.providers import PROVIDERS
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.detect import detect
from binderhub_lite.providers.web_api import WebApi

from ..support.json_service import JsonService
from ..support.refusals import refusal
from .datasets import ARCHIVES, Archive, make

archives = pytest.mark.parametrize(
    "archive", ARCHIVES, ids=[archive.prefix for archive in ARCHIVES]
)


@archives
async def test_many_who_ask_at_once_cost_one_request(
    archive: Archive, service: JsonService, web: WebApi
) -> None:
    service.answers = archive.answers(service)
    service.served.answering.clear()
    asking = [
        asyncio.create_task(archive.provider(service, web).resolve(archive.prefix))
        for _ in range(200)
    ]
    while not service.paths:
        await asyncio.sleep(0)
    service.served.answering.set()
    repos = await asyncio.gather(*asking)

    assert {repo.ref for repo in repos} == {archive.ref}
    assert sorted(service.paths) == sorted(service.answers), "each question once"


@archives
async def test_a_dataset_that_is_asked_for_twice_has_the_same_image(
    archive: Archive, service: JsonService, web: WebApi
) -> None:
    service.answers = archive.answers(service)
    first, second = [await archive.provider(service, web).resolve(archive.prefix) for _ in "12"]

    assert first == second
    assert image_name("", first.slug, first.url, first.ref).endswith(f":{archive.ref}")


@archives
async def test_the_resolved_spec_is_a_link_to_the_same_content(
    archive: Archive, service: JsonService, web: WebApi
) -> None:
    service.answers = archive.answers(service)
    service.answers["/articles/9782777/versions/3"] = service.answers.get("/articles/9782777")
    repo = await archive.provider(service, web).resolve(archive.prefix)

    options = archive.options(service)
    again = await make(archive.prefix, repo.resolved_spec, web, options).resolve(archive.prefix)

    assert (again.ref, again.url, again.slug) == (repo.ref, repo.url, repo.slug)
    assert again.resolved_spec == repo.resolved_spec


@archives
async def test_what_is_not_there_is_not_found(
    archive: Archive, service: JsonService, web: WebApi
) -> None:
    with pytest.raises(NotFound, match="Check the address") as caught:
        await archive.provider(service, web).resolve(archive.prefix)
    assert caught.value.status_code == 404


@archives
@pytest.mark.parametrize(
    ("status", "body", "headers", "told", "sentence"),
    [
        (401, "{}", {}, 403, "does not let this server see that: it is private"),
        (403, "{}", {}, 403, "does not let this server see that: it is private"),
        (429, "", {"Retry-After": "120"}, 429, "takes no more requests .* in 2 minutes"),
        (400, "{}", {}, 502, "refuses the question .with status 400."),
        (500, "oh", {}, 502, "error of its own .500.: try again"),
        (200, "<!DOCTYPE html><title>Hello</title>", {}, 502, "an answer that makes no sense"),
        (200, "[]", {}, 502, "an answer that makes no sense"),
        (200, "null", {}, 502, "an answer that makes no sense"),
        (200, '{"data": [], "id": Infinity}', {}, 502, "an answer that makes no sense"),
        (200, '{"values": [{"type": "URL", "data": {"value": 7}}]}', {}, 502, "makes no sense"),
        (200, '{"values": [{"type": "URL", "data": {"value": "file:///etc"}}]}', {}, 502, "sense"),
        (200, '{"dates": [{"type": "modified", "start_date": "soon"}]}', {}, 502, "makes no sense"),
        (200, "x" * 9_000_000, {}, 502, "which is too much"),
        (302, "", {"Location": "/around"}, 502, "redirects again and again"),
    ],
)
async def test_an_answer_that_is_none_is_told_in_one_sentence(
    archive: Archive,
    service: JsonService,
    web: WebApi,
    status: int,
    body: str,
    headers: dict[str, str],
    told: int,
    sentence: str,
) -> None:
    service.broken = (status, body, headers)

    with pytest.raises(BinderError, match=sentence) as caught:
        await archive.provider(service, web).resolve(archive.prefix)
    assert caught.value.status_code == told
    assert caught.value.message.count("\n") <= 1


@archives
async def test_an_archive_that_does_not_answer_in_time_is_told_to(
    archive: Archive, service: JsonService
) -> None:
    service.served.answering.clear()
    async with WebApi(seconds=0.05, tries=2, pause=0.001) as impatient:
        with pytest.raises(BinderError, match="did not answer within") as caught:
            await archive.provider(service, impatient).resolve(archive.prefix)
    assert caught.value.status_code == 504


@pytest.mark.parametrize("prefix", ["ckan", "dataverse"])
async def test_a_spec_leads_nobody_into_private_networks(
    prefix: str, service: JsonService, web: WebApi
) -> None:
    """Neither by the host that a CKAN spec names, nor by the one that a DOI leads to."""
    [archive] = [archive for archive in ARCHIVES if archive.prefix == prefix]
    inside = "http://localhost:1/dataset/x"
    service.answers = {
        f"/handles/{archive.spec(service)}": {
            "values": [{"type": "URL", "data": {"value": inside}}]
        }
    }
    spec = inside if prefix == "ckan" else archive.spec(service)
    options = {**archive.options(service), "allow_private_hosts": False}

    with pytest.raises(BinderError, match="'localhost' is in a private network") as caught:
        await make(prefix, spec, web, options).resolve(prefix)
    assert caught.value.status_code == 403


@given(
    prefix=st.sampled_from([archive.prefix for archive in ARCHIVES]),
    spec=st.one_of(
        st.text(),
        st.from_regex(r"(doi:|https://doi.org/)?10\.[0-9]{4,9}/[!-~]{1,20}", fullmatch=True),
        st.from_regex(r"https?(://|%3A%2F%2F)[!-~]{0,20}/dataset/[!-~]{0,20}", fullmatch=True),
        st.from_regex(r"[!-~]{0,9}[0-9a-f]{32}[!-~]{0,9}", fullmatch=True),
    ),
)
def test_any_spec_is_either_understood_or_refused_in_words(prefix: str, spec: str) -> None:
    made = []
    refused = refusal(lambda: made.append(PROVIDERS[prefix](spec=spec)))

    assert bool(made) != bool(refused)
    assert refused is None or refused.status_code in (400, 404)
    for provider in made:
        assert provider.get_repo_url().startswith(("https://", "http://"))
        assert image_name("", provider.get_build_slug(), provider.get_repo_url(), "1")


@archives
def test_pages_know_how_to_ask_for_it(archive: Archive) -> None:
    """The patterns are JavaScript's; the example that a page shows is one that works."""
    kind = PROVIDERS[archive.prefix]
    display = kind.display_config
    example = display["repo"]["placeholder"].removeprefix("example: ")

    found = re.search(display["detect"]["regex"].replace("(?<", "(?P<"), example)
    assert found is not None
    inner = "" if display["repo"].get("urlEncode") else "/"
    spec = quote(found["repo"], safe=inner)
    assert re.search(display["spec"]["validateRegex"], spec)
    assert kind(spec=spec).get_repo_url().startswith("https://")
    assert (display["id"], detect(example).provider) == (archive.prefix, archive.prefix)
    assert display["ref"] == {"enabled": False, "default": ""}
