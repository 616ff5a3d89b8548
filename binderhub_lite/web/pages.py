"""The pages that people see."""

import json
from typing import Any
from urllib.parse import quote, unquote

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup
from yarl import URL

from .._version import __version__
from ..events import BinderError
from .site import SITE, Site
from .status import provider_displays

LOGO = "images/logo.svg"


def set_up_templates(app: web.Application, site: Site) -> None:
    """Let the application find its templates: the configured ones first, then ours.

    Ours are found as `templates/page.html`, too, so that one can extend what it replaces.
    """
    ours = jinja2.FileSystemLoader(site.templates)
    loader = jinja2.ChoiceLoader(
        [
            jinja2.FileSystemLoader(list(site.pages.template_path)),
            jinja2.PrefixLoader({"templates": ours}),
            ours,
        ]
    )
    aiohttp_jinja2.setup(app, loader=loader, autoescape=jinja2.select_autoescape())


def render(
    request: web.Request, template: str, *, status: int = 200, **context: Any
) -> web.Response:
    """Render a page with what all pages share."""
    site = request.app[SITE]
    shared = {**_shared_context(request, site), **site.pages.template_variables}
    return aiohttp_jinja2.render_template(template, request, {**shared, **context}, status=status)


def _shared_context(request: web.Request, site: Site) -> dict[str, Any]:
    pages = site.pages
    header_html = "\n".join(pages.extra_header_html)
    return {
        "base_url": site.base_url,
        "badge_base_url": site.public_url(request),
        "static_url": lambda path: f"{site.base_url}static/{path.lstrip('/')}",
        "page_config": _page_config(request, site),
        "about_message": Markup(pages.about_message),  # noqa: S704
        "banner_html": Markup(pages.banner_message),  # noqa: S704
        "extra_header_html": Markup(header_html),  # noqa: S704
        "extra_footer_scripts": [Markup(script) for script in pages.extra_footer_scripts],  # noqa: S704
        "google_analytics_code": pages.google_analytics_code,
        "google_analytics_domain": pages.google_analytics_domain,
        "opengraph_title": pages.opengraph_title,
        "version": __version__,
        "csp_nonce": "",
    }


def _page_config(request: web.Request, site: Site, **more: str) -> Markup:
    """`window.pageConfig`, BinderHub's names: what scripts and clients read of a page."""
    config = {
        "baseUrl": site.base_url,
        "badgeBaseUrl": site.public_url(request),
        "logoUrl": f"{site.base_url}static/{LOGO}",
        "logoWidth": "40px",
        "repoProviders": provider_displays(site),
        "aboutMessage": site.pages.about_message,
        "bannerHtml": site.pages.banner_message,
        "binderVersion": __version__,
        **more,
    }
    # Inside a <script>, "</script>" in a value would end it.
    return Markup(json.dumps(config).replace("<", "\\u003c"))  # noqa: S704


async def home(request: web.Request) -> web.Response:
    return render(request, "index.html")


async def about(request: web.Request) -> web.Response:
    return render(request, "about.html")


async def loading(request: web.Request) -> web.Response:
    """The page that follows a launch: it opens the event stream with the token that it gets."""
    site = request.app[SITE]
    prefix, _, spec = site.path_after(request, "v2/").partition("/")
    spec = spec.rstrip("/")
    try:
        provider = site.make_provider(prefix, spec)
    except BinderError as error:
        raise web.HTTPNotFound(text=error.message) from None
    display = site.providers[prefix].display_config
    ref = provider.unresolved_ref
    token = site.tokens.make(f"{prefix}/{spec}", request)
    return render(
        request,
        "loading.html",
        page_config=_page_config(request, site, buildToken=token),
        provider=prefix,
        spec=spec,
        repo_display=unquote(spec).removesuffix(f"/{ref}"),
        ref_display=ref,
        badge_url=f"{site.public_url(request)}badge_logo.svg",
        opengraph_title=f"{display.get('displayName', prefix)}: {provider.get_build_slug()}",
    )


async def legacy_repo(request: web.Request) -> web.Response:
    """`/repo/user/repo[/path]`, the links of Binder's first version."""
    site = request.app[SITE]
    user, _, rest = site.path_after(request, "repo/").partition("/")
    repo, _, path = rest.partition("/")
    target = f"{site.base_url}v2/gh/{user}/{repo}/master"
    if path:
        target += "?urlpath=" + quote(f"/{unquote(path)}", safe="")
    raise web.HTTPFound(URL(target, encoded=True))
