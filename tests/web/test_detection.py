"""`api/detect`: what a page learns of a pasted text."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from binderhub_lite.providers import PROVIDERS

from .conftest import Serve, Served


@pytest.mark.parametrize("base_url", ["/", "/binder/"])
async def test_a_pasted_link_is_taken_apart(serve: Serve, base_url: str) -> None:
    served = await serve(base_url=base_url, cors_allow_origin="https://other.test")
    link = quote("https://github.com/user/repo/blob/main/a b/nb.ipynb?plain=1", safe="")

    answer = await served.get(f"{base_url}api/detect?text={link}")

    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://other.test"
    assert json.loads(answer.text) == {
        "provider": "gh",
        "spec": "user/repo/main",
        "repo": "user/repo",
        "ref": "main",
        "kind": "file",
        "path": "a b/nb.ipynb",
        "urlpath": "doc/tree/a%20b/nb.ipynb",
    }


async def test_a_ref_beside_it_wins(served: Served) -> None:
    answer = await served.get("/api/detect?text=user/repo&ref=feature%2Fx")

    assert json.loads(answer.text)["spec"] == "user/repo/feature/x"


@pytest.mark.parametrize("query", ["", "?text=", "?text=nonsense", "?text=user/repo%00"])
async def test_what_is_not_recognised_is_400_with_a_sentence(served: Served, query: str) -> None:
    answer = await served.get(f"/api/detect{query}")

    assert answer.status == 400
    assert answer.headers["Content-Type"].startswith("application/json")
    assert (
        "is no repository that is known here: give user/repo" in json.loads(answer.text)["message"]
    )


async def test_a_page_gets_the_sentence_without_an_error_in_its_console(served: Served) -> None:
    answer = await served.get("/api/detect?lenient=&text=nonsense")

    assert answer.status == 200
    assert "'nonsense' is no repository" in json.loads(answer.text)["message"]


async def test_a_directory_of_this_machine_is_none_of_its_business(
    served: Served, tmp_path: Path
) -> None:
    for text in (str(tmp_path), "/", "~"):
        assert (await served.get(f"/api/detect?text={quote(text, safe='')}")).status == 400


async def test_only_the_providers_that_there_are_are_named(serve: Serve) -> None:
    served = await serve(repo_providers={"git": PROVIDERS["git"]})

    github = await served.get("/api/detect?text=user/repo")
    zenodo = await served.get("/api/detect?text=10.5281/zenodo.3242074")

    assert json.loads(github.text)["spec"] == "https%3A%2F%2Fgithub.com%2Fuser%2Frepo.git/HEAD"
    assert zenodo.status == 400
    assert "'zenodo', which this server does not have" in json.loads(zenodo.text)["message"]
