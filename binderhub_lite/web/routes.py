"""Which path leads to what."""

from pathlib import Path

from aiohttp import web

from . import access, build_logs, pages, status
from .answer_headers import compress_answers, set_headers
from .banned import ban_networks
from .build_stream import build
from .cancel import cancel
from .detection import detection
from .home import from_form, home
from .middleware import error_pages, preflight
from .request_log import log_requests
from .site import SITE, Handler, Site

IMAGES = {
    "badge.svg": "badge.svg",
    "badge_logo.svg": "badge_logo.svg",
    "assets/images/badge.svg": "badge.svg",
    "logo_social.png": "logo_social.png",
    "favicon.ico": "favicon.ico",
    "favicon_building.ico": "favicon/building.ico",
    "favicon_success.ico": "favicon/success.ico",
    "favicon_fail.ico": "favicon/fail.ico",
}


_LOGIN_ROUTES: list[tuple[str, Handler]] = [
    (access.CALLBACK, access.oauth_callback),
    (access.LOGOUT, access.logout),
]


def make_application(site: Site) -> web.Application:
    """The aiohttp application of a site."""
    open_to_all = [*IMAGES, _extra_static(site)]
    asking = access.middlewares(site, site.login, open_to_all) if site.login else []
    middlewares = [log_requests, compress_answers, preflight, error_pages, ban_networks, *asking]
    app = web.Application(middlewares=middlewares)
    app.on_response_prepare.append(set_headers)
    app[SITE] = site
    pages.set_up_pages(app, site)
    routes = [*_api_routes(site), *([] if site.api_only else _page_routes(app, site))]
    for path, handler in routes:
        app.router.add_get(site.base_url + path, handler)
    if site.base_url != "/":
        app.router.add_get(site.base_url.rstrip("/"), _to_base_url)
    app.router.add_delete(f"{site.base_url}build/{{provider}}/{{spec:.+}}", cancel)
    return app


def _api_routes(site: Site) -> list[tuple[str, Handler]]:
    return [
        ("build/{provider}/{spec:.+}", build),
        ("health", status.health),
        ("versions", status.versions),
        ("metrics", status.metrics),
        ("api/repoproviders", status.repo_providers),
        ("api/detect", detection),
        ("api/builds", build_logs.list_builds),
        ("api/builds/{name}/log", build_logs.log),
        *(_LOGIN_ROUTES if site.login else []),
    ]


def _extra_static(site: Site) -> str:
    return site.pages.extra_static_url_prefix.lstrip("/")


def _page_routes(app: web.Application, site: Site) -> list[tuple[str, Handler]]:
    extra = f"{_extra_static(site)}{{path:.+}}"
    return [
        *([(extra, app[pages.EXTRA_ASSETS].serve)] if site.pages.extra_static_path else []),
        ("static/{path:.+}", app[pages.ASSETS].serve),
        ("", home),
        ("about", pages.about),
        ("v2/", from_form),
        ("v2/{provider}/{spec:.+}", pages.loading),
        ("repo/{user}/{repo:.+}", pages.legacy_repo),
        *((path, _serve(site.static / "images" / name)) for path, name in IMAGES.items()),
    ]


async def _to_base_url(request: web.Request) -> web.Response:
    """For who leaves out the slash at the end."""
    raise web.HTTPFound(request.app[SITE].base_url)


def _serve(file: Path) -> Handler:
    async def serve(request: web.Request) -> web.FileResponse:
        return web.FileResponse(file)

    return serve
