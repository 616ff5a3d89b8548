"""The pages that people see, and what is configured to be on them."""

from pathlib import Path

import pytest

from binderhub_lite.providers import PROVIDERS

from .conftest import Answer, Serve, Served

LOADING = "/v2/gh/user/repo/HEAD"
PAGES = ["/", "/about", LOADING, "/nothing/here"]
CONFIG_KEYS = {
    "baseUrl",
    "badgeBaseUrl",
    "logoUrl",
    "logoWidth",
    "repoProviders",
    "aboutMessage",
    "bannerHtml",
    "binderVersion",
}


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_begins_with_its_configuration(served: Served, path: str) -> None:
    page = await served.get(path)

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    head = page.text.partition("</head>")[0]
    assert head.index("window.pageConfig") < head.index("<title>")
    config = page.page_config
    more = {"buildToken"} if path == LOADING else set()
    assert config.keys() == CONFIG_KEYS | more
    assert config["baseUrl"] == "/"
    assert config["badgeBaseUrl"] == f"{served.origin}/"
    assert [provider["id"] for provider in config["repoProviders"]] == list(PROVIDERS)


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_in_the_configuration_ends_its_script(serve: Serve, path: str) -> None:
    message = "</script><script>alert(1)</script><!-- <b>é\u2028\"'"
    served = await serve(about_message=message, banner_message="plain")

    page = await served.get(path)

    assert page.page_config["aboutMessage"] == message
    assert "alert(1)" not in page.text.partition("</script>")[2] or path == "/about"


async def test_all_links_of_a_page_lie_below_the_base_url(serve: Serve) -> None:
    served = await serve(base_url="deep/down")

    for path in PAGES:
        page = await served.get(f"/deep/down{path}")
        assert page.page_config["baseUrl"] == "/deep/down/"
        assert 'href="/deep/down/about"' in page.text
        for link in ('href="/static', 'src="/static', 'href="/"', 'href="/about'):
            assert link not in page.text
    logo = page.page_config["logoUrl"]
    assert (await served.get(logo)).headers["Content-Type"] == "image/svg+xml"
    assert (await served.get("/about")).status == 404


async def test_the_public_url_can_be_set_once_for_all(serve: Serve) -> None:
    served = await serve(badge_base_url="https://badges.test/x/")

    page = await served.get("/")

    assert page.page_config["badgeBaseUrl"] == "https://badges.test/x/"
    assert 'content="https://badges.test/x/logo_social.png"' in page.text


async def test_messages_are_html_and_in_their_places(serve: Serve) -> None:
    served = await serve(about_message="<i>about us</i>", banner_message="<b>closed today</b>")

    for path in PAGES:
        page = await served.get(path)
        assert _after_the_config(page).count("<b>closed today</b>") == 1
        assert ("<i>about us</i>" in _after_the_config(page)) == (path == "/about")


async def test_extra_snippets_are_on_every_page_in_the_order_of_their_keys(serve: Serve) -> None:
    served = await serve(
        extra_header_html={"2": "<meta name='second'>", "1": "<meta name='first'>"},
        extra_footer_scripts={"b": "second('<')", "a": "first()"},
    )

    for path in PAGES:
        head, _, body = (await served.get(path)).text.partition("</head>")
        assert head.index("<meta name='first'>") < head.index("<meta name='second'>")
        assert body.index(">first()</script>") < body.index(">second('<')</script>")


async def test_a_preview_names_the_repository(serve: Serve) -> None:
    served = await serve(default_opengraph_title="Our class")

    home, loading = await served.get("/"), await served.get(LOADING)

    assert '<meta property="og:title" content="Our class">' in home.text
    assert '<meta property="og:title" content="GitHub: user-repo">' in loading.text
    assert 'content="Open user/repo as a running Jupyter server."' in loading.text
    assert f'content="{served.origin}/logo_social.png"' in loading.text


@pytest.mark.parametrize(
    ("spec", "repo", "ref"),
    [
        ("gh/user/repo/HEAD", "user/repo", "HEAD"),
        ("gh/user/repo/feature/x", "user/repo", "feature/x"),
        ("gh/user/repo/v1%2B1/", "user/repo", "v1+1"),
        ("git/https%3A%2F%2Fhost%2Fx/main", "https://host/x", "main"),
        ("git/https%3A%2F%2Fhost%2Fx/feature/x", "https://host/x", "feature/x"),
        ("local/caf%C3%A9/sub", "café/sub", None),
    ],
)
async def test_a_loading_page_shows_what_is_launched(
    served: Served, shared: Path, spec: str, repo: str, ref: str | None
) -> None:
    (shared / "café" / "sub").mkdir(parents=True)

    page = await served.get(f"/v2/{spec}")

    assert page.status == 200
    assert f"<title>Starting: {repo}</title>" in page.text
    assert f'data-name="{repo}"' in page.text
    assert (f"<code>{ref}</code>" in page.text) == (ref is not None)
    assert ("<code>" in page.text) == (ref is not None)


async def test_what_a_link_says_is_never_html(served: Served) -> None:
    evil = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"

    for path in (f"/v2/git/https%3A%2F%2Fhost%2F{evil}/{evil}", f"/v2/local/{evil}", f"/{evil}"):
        page = await served.get(path)
        assert "<script>alert(1)" not in page.text
        assert page.page_config["baseUrl"] == "/"


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("nosuch/user/repo/HEAD", "No provider found for prefix nosuch"),
        ("gh/user/repo", "is not user/repo/ref"),
        ("git/ftp%3A%2F%2Fhost/HEAD", "no clone URL that is allowed here"),
        ("local/missing", "There is no directory"),
        ("local/%00", "There is no directory"),
    ],
)
async def test_a_link_to_nothing_is_a_page_that_says_why(
    served: Served, spec: str, sentence: str
) -> None:
    page = await served.get(f"/v2/{spec}")

    assert page.status == 404
    assert sentence in page.text


async def test_own_templates_come_before_ours_and_can_extend_them(
    serve: Serve, tmp_path: Path
) -> None:
    own, more = tmp_path / "own", tmp_path / "more"
    for folder, name, text in (
        (own, "about.html", "<b>{{ school }}</b> {{ version }}"),
        (
            more,
            "index.html",
            '{% extends "templates/index.html" %}{% block title %}{{ school }}{% endblock %}',
        ),
        (more, "about.html", "comes too late"),
    ):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    served = await serve(
        template_path=[str(own), str(more)],
        template_variables={"school": "Our <school>", "version": "1.2"},
    )

    assert (await served.get("/about")).text == "<b>Our &lt;school&gt;</b> 1.2"
    home = await served.get("/")
    assert "<title>Our &lt;school&gt;</title>" in home.text
    assert 'id="launch-form"' in home.text


async def test_templates_that_were_made_for_binderhub_go_on_working(
    serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "logo.png").write_bytes(b"a picture")
    (tmp_path / "page.html").write_text(
        '{% extends "templates/page.html" %}'
        '{% block logo_image %}"{{ EXTRA_STATIC_URL_PREFIX }}logo.png"{% endblock logo_image %}'
        '{% block meta_social %}<meta property="og:title" content="{{ opengraph_title }}, ours">'
        "{% endblock meta_social %}"
        '{% block extra_header %}<meta name="extra" content="{{ base_url }}">{% endblock %}'
        "{% block footer %}<footer>{{ static_url('images/logo.svg') }}</footer>{% endblock %}"
    )
    (tmp_path / "about.html").write_text(
        "<script>window.pageConfig = {{ page_config|tojson }};</script>"
        "{% for script in extra_footer_scripts|dictsort %}<b>{{ script[1]|safe }}</b>{% endfor %}"
    )
    served = await serve(
        default_opengraph_title="Class",
        extra_footer_scripts={"b": "second()", "a": "first()"},
        extra_static_path=str(tmp_path),
        template_path=str(tmp_path),
        template_variables={"EXTRA_STATIC_URL_PREFIX": "/extra_static/"},
    )

    home, about = await served.get("/"), await served.get("/about")

    assert '<img src="/extra_static/logo.png"' in home.text
    assert '<meta property="og:title" content="Class, ours">' in home.text
    assert '<meta name="extra" content="/">' in home.text
    assert "<footer>/static/images/logo.svg?v=" in home.text
    assert 'id="launch-form"' in home.text
    assert (await served.get("/extra_static/logo.png")).body == b"a picture"
    assert about.page_config["baseUrl"] == "/"
    assert "<b>first()</b><b>second()</b>" in about.text


async def test_one_folder_of_templates_needs_no_list(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "error.html").write_text("lost: {{ status_code }}")
    served = await serve(template_path=str(tmp_path))

    page = await served.get("/nothing/here")

    assert (page.status, page.text) == (404, "lost: 404")


def _after_the_config(page: Answer) -> str:
    return page.text.partition("</script>")[2]
