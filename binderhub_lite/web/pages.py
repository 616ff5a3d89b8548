"""The pages that people see."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup
from yarl import URL

from .._version import __version__
from ..events import BinderError
from .access import USER
from .assets import Assets
from .content_security import ContentSecurity, NoncesInTemplates, new_nonce, with_nonces
from .site import SITE, Site
from .status import provider_displays

LOGO = "images/logo.svg"
ASSETS: web.AppKey[Assets] = web.AppKey("assets", Assets)
EXTRA_ASSETS: web.AppKey[Assets] = web.AppKey("extra_assets", Assets)
SECURITY: web.AppKey[ContentSecurity] = web.AppKey("security", ContentSecurity)


def set_up_pages(app: web.Application, site: Site) -> None:
    """Give the application what its pages are made of."""
    app[ASSETS] = Assets(site.static, f"{site.base_url}static/")
    app[EXTRA_ASSETS] = Assets(
        Path(site.pages.extra_static_path),
        site.base_url + site.pages.extra_static_url_prefix.lstrip("/"),
    )
    app[SECURITY] = _security(site)
    _set_up_templates(app, site)


def _security(site: Site) -> ContentSecurity:
    pages = site.pages
    hub = URL(site.hub.public_server_url("/", ""))
    scripts = (pages.extra_header_html, pages.extra_footer_scripts, pages.google_analytics_code)
    return ContentSecurity(
        messages=bool(pages.about_message or pages.banner_message),
        scripts=any(scripts) or bool(pages.template_path),
        more=pages.content_security_policy,
        hub=str(hub.origin()) if hub.is_absolute() else "",
    )


def _set_up_templates(app: web.Application, site: Site) -> None:
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
    aiohttp_jinja2.setup(
        app,
        loader=loader,
        autoescape=jinja2.select_autoescape(),
        extensions=[NoncesInTemplates],
    )


def render(
    request: web.Request, template: str, *, status: int = 200, **context: Any
) -> web.Response:
    """Render a page with what all pages share."""
    site, nonce = request.app[SITE], new_nonce()
    shared = {**_shared_context(request, site, nonce), **site.pages.template_variables}
    page = aiohttp_jinja2.render_template(template, request, {**shared, **context}, status=status)
    page.headers["Content-Security-Policy"] = request.app[SECURITY].header(nonce)
    page.headers["X-Content-Type-Options"] = "nosniff"
    page.headers["Cache-Control"] = "private, no-cache"
    page.enable_compression()
    return page


def _shared_context(request: web.Request, site: Site, nonce: str) -> dict[str, Any]:
    pages = site.pages

    def trusted(html: str) -> Markup:
        return Markup(with_nonces(html, nonce))  # noqa: S704

    return {
        "base_url": site.base_url,
        "badge_base_url": site.public_url(request),
        "static_url": request.app[ASSETS].url,
        "extra_static_url": request.app[EXTRA_ASSETS].url,
        "page_config": _page_config(request, site),
        "about_message": trusted(pages.about_message),
        "banner_html": trusted(pages.banner_message),
        "extra_header_html": trusted("\n".join(pages.extra_header_html)),
        "extra_footer_scripts": pages.extra_footer_scripts,
        "google_analytics_code": pages.google_analytics_code,
        "google_analytics_domain": pages.google_analytics_domain,
        "opengraph_title": pages.opengraph_title,
        "version": __version__,
        "user": request.get(USER, ""),
        "hub_home": site.hub.public_hub_url("home"),
        "csp_nonce": nonce,
    }


def _page_config(request: web.Request, site: Site, **more: str) -> dict[str, Any]:
    """`window.pageConfig`, BinderHub's names: what scripts and clients read of a page."""
    return {
        "baseUrl": site.base_url,
        "badgeBaseUrl": site.public_url(request),
        "logoUrl": request.app[ASSETS].url(LOGO),
        "logoWidth": "40px",
        "repoProviders": provider_displays(site),
        "aboutMessage": site.pages.about_message,
        "bannerHtml": site.pages.banner_message,
        "binderVersion": __version__,
        **more,
    }


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
