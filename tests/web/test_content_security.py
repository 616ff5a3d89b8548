"""The pages' Content-Security-Policy, as it is written; tests/dev shows it in a browser."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binderhub_lite.web.content_security import with_nonces

from .conftest import Answer, Serve, Served

PAGES = ["/", "/about", "/v2/gh/user/repo/HEAD", "/nothing/here"]


def policy(page: Answer) -> dict[str, list[str]]:
    directives = page.headers["Content-Security-Policy"].split("; ")
    return {name: sources for name, *sources in map(str.split, directives)}


def nonce_of(page: Answer) -> str:
    (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", " ".join(policy(page)["script-src"]))
    return str(nonce)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_strict_and_has_a_nonce_of_its_own(served: Served, path: str) -> None:
    page, other = await served.get(path), await served.get(path)

    directives = policy(page)
    assert directives["default-src"] == directives["base-uri"] == ["'none'"]
    assert not re.search(r"unsafe|\*|https?:|data:", page.headers["Content-Security-Policy"])
    nonce = nonce_of(page)
    assert nonce != nonce_of(other)
    scripts = re.findall(r"<script[^>]*>", page.text)
    assert scripts
    assert all(f' nonce="{nonce}"' in script for script in scripts)


async def test_what_the_configuration_brings_extends_the_policy(serve: Serve) -> None:
    strict = policy(await (await serve()).get("/"))

    banner = policy(await (await serve(banner_message="<b style='color: red'>!</b>")).get("/"))
    assert banner["style-src-attr"] == ["'unsafe-inline'"]
    assert banner["connect-src"] == strict["connect-src"]
    assert banner["script-src"][0] == strict["script-src"][0]
    assert "'strict-dynamic'" not in banner["script-src"]
    for option in ("extra_header_html", "extra_footer_scripts"):
        extended = policy(await (await serve(**{option: {"1": "<meta>"}})).get("/"))
        assert "'strict-dynamic'" in extended["script-src"]
        assert extended["connect-src"] == ["'self'", "*"]


async def test_sources_can_be_added(serve: Serve) -> None:
    sources = {"img-src": "https://logos.test  data:", "frame-ancestors": "https://school.test"}
    directives = policy(await (await serve(content_security_policy=sources)).get("/"))

    assert directives["img-src"] == ["'self'", "https://logos.test", "data:"]
    assert directives["frame-ancestors"] == ["'self'", "https://school.test"]


async def test_a_policy_of_ones_own_takes_the_place_of_ours(serve: Serve) -> None:
    served = await serve(
        tornado_settings={"headers": {"Content-Security-Policy": "frame-ancestors 'none'"}}
    )

    assert policy(await served.get("/")) == {"frame-ancestors": ["'none'"]}


async def test_configured_html_gets_nonces_and_what_people_write_gets_none(
    serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "about.html").write_text(
        '{% extends "templates/about.html" %}{% block main %}<script>own()</script>'
        "{{ visitor | safe }}{% endblock %}"
    )
    served = await serve(
        template_path=str(tmp_path),
        template_variables={"visitor": "<script>repeated()</script>"},
        extra_header_html={
            "1": "<SCRIPT src='https://stats.test/a.js'></SCRIPT><style>a{}</style>"
        },
        banner_message="<script>banner()</script>",
    )

    page = await served.get("/about")

    nonce = f' nonce="{nonce_of(page)}"'
    for whole in (
        f"<script{nonce}>own()</script>",
        f"<SCRIPT{nonce} src='https://stats.test/a.js'>",
        f"<style{nonce}>a{{}}</style>",
        f"<script{nonce}>banner()</script>",
        "<script>repeated()</script>",
    ):
        assert whole in page.text


@pytest.mark.parametrize(
    ("html", "stamped"),
    [
        ("<script>a</script>", '<script nonce="N">a</script>'),
        ("<p>\n <script src=x>\n</script>", '<p>\n <script nonce="N" src=x>\n</script>'),
        ('<script nonce="{{ csp_nonce }}">', '<script nonce="{{ csp_nonce }}">'),
        ('<script>"<script>"</script>', '<script nonce="N">"<script>"</script>'),
        ("<!-- <script> --><style>", '<!-- <script> --><style nonce="N">'),
        ("<scripts><p title='<script>'>", "<scripts><p title='<script>'>"),
        (
            'é\r\n<script src="{{ f("a") }}"></script>',
            'é\r\n<script nonce="N" src="{{ f("a") }}"></script>',
        ),
        ("no tag", "no tag"),
    ],
)
def test_only_the_tags_that_need_a_nonce_get_one(html: str, stamped: str) -> None:
    assert with_nonces(html, "N") == stamped


@given(
    st.lists(
        st.sampled_from(
            [
                "<script",
                ">",
                "</script>",
                "<style",
                "\n",
                "'",
                '"',
                "<!--",
                "x",
                "{%",
                "é",
                "<",
                "/>",
                "-->",
            ]
        )
    ).map("".join)
)
def test_nothing_but_nonces_is_added(html: str) -> None:
    stamped = with_nonces(html, "N")

    assert stamped.replace(' nonce="N"', "") == html
    for place in re.finditer(' nonce="N"', stamped):
        assert stamped[: place.start()].endswith(("<script", "<style"))
