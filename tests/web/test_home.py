"""The main page, and its form without JavaScript."""

from pathlib import Path
from urllib.parse import quote

import pytest
from traitlets import List

from binderhub_lite.providers import PROVIDERS, LocalRepoProvider

from .conftest import Serve, Served


@pytest.mark.parametrize(
    ("form", "address"),
    [
        ("repo=user/repo", "gh/user/repo/HEAD"),
        ("repo=+https://github.com/user/repo+&ref=v1", "gh/user/repo/v1"),
        (
            f"repo={quote('https://github.com/user/repo/blob/main/a b/c.ipynb', safe='')}",
            "gh/user/repo/main?urlpath=doc%2Ftree%2Fa%2520b%2Fc.ipynb",
        ),
        ("repo=user/repo&kind=lab", "gh/user/repo/HEAD?urlpath=lab%2Ftree%2F"),
        ("repo=user/repo&kind=url&path=rstudio", "gh/user/repo/HEAD?urlpath=rstudio"),
        ("repo=user/repo&path=a.ipynb", "gh/user/repo/HEAD?urlpath=doc%2Ftree%2Fa.ipynb"),
        ("repo=user/repo&kind=file&path=", "gh/user/repo/HEAD"),
        ("repo=https://host.test/x&ref=a/b", "git/https%3A%2F%2Fhost.test%2Fx/a/b"),
        (
            "repo=https://github.com/user/repo&provider=git",
            "git/https%3A%2F%2Fgithub.com%2Fuser%2Frepo/HEAD",
        ),
        ("repo=caf%C3%A9/sub%3F&provider=local&ref=ignored", "local/caf%C3%A9/sub%3F"),
    ],
)
async def test_the_form_leads_to_the_loading_page_without_javascript(
    served: Served, form: str, address: str
) -> None:
    answer = await served.get(f"/v2/?{form}")

    assert answer.status == 302
    assert answer.headers["Location"] == f"/v2/{address}"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("", "Please name a repository."),
        ("repo=+", "Please name a repository."),
        ("repo=nonsense", "is no repository that is known here"),
        ("repo=%22%3E%3Cscript%3E", "is no repository that is known here"),
        ("repo=user/repo&provider=nosuch", "There is no provider"),
        ("repo=x&provider=nosuch", "is no repository that is known here"),
    ],
)
async def test_a_form_that_names_nothing_comes_back_with_the_problem(
    served: Served, form: str, sentence: str
) -> None:
    page = await served.get(f"/v2/?{form}&ref=my-ref")

    assert page.status == 400
    assert sentence in page.text
    assert 'value="my-ref"' in page.text
    assert '"><script>' not in page.text


async def test_the_form_has_all_providers_without_javascript(served: Served) -> None:
    page = await served.get("/")

    for name in PROVIDERS:
        assert f'<option value="{name}" >' in page.text
    assert '<form id="launch-form" action="/v2/" method="get"' in page.text


async def test_directories_of_the_machine_are_one_click_away(serve: Serve, shared: Path) -> None:
    for name in ("course", "a & b", ".hidden", "__pycache__", "secret"):
        (shared / name).mkdir()
    (shared / "file").touch()
    served = await serve(base_url="/x/")

    page = await served.get("/x/")

    assert '<a class="chip" href="/x/v2/local/course">course</a>' in page.text
    assert '<a class="chip" href="/x/v2/local/a%20%26%20b">a &amp; b</a>' in page.text
    assert page.text.count('class="chip"') == 3
    assert (await served.get("/x/v2/local/a%20%26%20b")).status == 200


async def test_banned_directories_are_not_offered(serve: Serve, shared: Path) -> None:
    class Careful(LocalRepoProvider):
        banned_specs = List(default_value=["secret"])

    for name in ("course", "secret"):
        (shared / name).mkdir()
    served = await serve(repo_providers={"here": Careful})

    page = await served.get("/")

    assert page.text.count('class="chip"') == 1
    assert '<a class="chip" href="/v2/here/course">course</a>' in page.text


async def test_without_a_shared_directory_none_is_offered(serve: Serve) -> None:
    served = await serve(repo_providers={"gh": PROVIDERS["gh"]})

    page = await served.get("/")

    assert page.status == 200
    assert "On this machine" not in page.text
