"""What pages look like."""

import re

from .rows import Started, row


@row("about_message", config="c.BinderHub.about_message = '<b>Hello from us</b>'")
async def about_message(started: Started) -> None:
    assert "<b>Hello from us</b>" in await started.page("about")


@row("banner_message", config="c.BinderHub.banner_message = '<i>Exam today</i>'")
async def banner_message(started: Started) -> None:
    for path in ("", "about", "v2/local/hello"):
        assert "<i>Exam today</i>" in await started.page(path)


@row("badge_base_url", config="c.BinderHub.badge_base_url = 'https://badges.test'")
async def badge_base_url(started: Started) -> None:
    assert '"badgeBaseUrl": "https://badges.test/"' in await started.page()


@row(
    "badge_base_url",
    config="def referer_or_argument(handler):\n"
    "    if handler.request.path.endswith('/about'):\n"
    "        raise KeyError('broken')\n"
    "    return handler.request.headers.get('Referer', handler.get_argument('at', ''))\n"
    "c.BinderHub.badge_base_url = referer_or_argument",
)
async def badge_base_url_by_a_function(started: Started) -> None:
    assert '"badgeBaseUrl": "https://from.test/"' in await started.page(Referer="https://from.test")
    assert '"badgeBaseUrl": "https://at.test/"' in await started.page("?at=https://at.test")
    for without in ("", "about"):
        assert f'"badgeBaseUrl": "{started.url}"' in await started.page(without)
    assert "referer_or_argument" in started.log()


@row("base_url", config="c.BinderHub.base_url = '/teaching'")
async def base_url(started: Started) -> None:
    assert started.url.endswith("/teaching/")
    assert '"baseUrl": "/teaching/"' in await started.page()
    async with started.http.get(started.url.rstrip("/")) as without_its_slash:
        assert str(without_its_slash.url) == started.url
    async with started.http.get(f"http://127.0.0.1:{started.app.port}/") as outside:
        assert outside.status == 404


@row("default_opengraph_title", config="c.BinderHub.default_opengraph_title = 'Our <Binder>'")
async def default_opengraph_title(started: Started) -> None:
    assert 'property="og:title" content="Our &lt;Binder&gt;"' in await started.page()


@row(
    "extra_header_html",
    "extra_footer_scripts",
    config="c.BinderHub.extra_header_html = {'2': '<!-- b -->', '1': '<!-- a -->'}\n"
    "c.BinderHub.extra_footer_scripts = {'z': 'last()', 'y': 'first(\"<\")'}",
)
async def extra_html(started: Started) -> None:
    page = await started.page()

    assert re.search(r"<!-- a -->\s*<!-- b -->.*</head>", page, re.DOTALL)
    assert re.search(
        r'<script[^>]*>first\("<"\)</script>\s*<script[^>]*>last\(\)</script>\s*</body>',
        page,
        re.DOTALL,
    )


@row(
    "google_analytics_code",
    "google_analytics_domain",
    config="c.BinderHub.google_analytics_code = 'G-OURS'\n"
    "c.BinderHub.google_analytics_domain = 'binder.test'",
)
async def google_analytics(started: Started) -> None:
    page = await started.page()

    assert '"G-OURS"' in page
    assert '"binder.test"' in page
    assert "navigator.doNotTrack" in page


@row(
    "template_path",
    "template_variables",
    config="c.BinderHub.template_path = {folder!r}\n"
    "c.BinderHub.template_variables = {{'greeting': 'Good morning'}}",
)
async def templates(started: Started) -> None:
    (started.folder / "about.html").write_text(
        '{% extends "templates/page.html" %}{% block main %}{{ greeting }}, class{% endblock %}'
    )

    assert "Good morning, class" in await started.page("about")


@row("enable_api_only_mode", config="c.BinderHub.enable_api_only_mode = True")
async def enable_api_only_mode(started: Started) -> None:
    assert (await started.get(""))[0] == 404
    assert (await started.get("health"))[0] == 200
    assert [event["phase"] for event in await started.events(build_only="true")][-1] == "ready"


@row(
    "extra_static_path",
    "extra_static_url_prefix",
    config="c.BinderHub.extra_static_path = {folder!r} + '/shared'\n"
    "c.BinderHub.extra_static_url_prefix = '/ours/'",
)
async def extra_static(started: Started) -> None:
    assert await started.page("ours/hello/README") == str(started.folder)
    assert (await started.get("ours/nothing"))[0] == 404


@row(
    "content_security_policy",
    config="c.BinderHub.content_security_policy = {'img-src': 'https://logos.test'}",
)
async def content_security_policy(started: Started) -> None:
    _, _, headers = await started.get("")
    assert re.search(r"img-src [^;]*https://logos\.test", headers["Content-Security-Policy"])
