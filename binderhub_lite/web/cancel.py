"""`DELETE {base_url}build/{provider}/{spec}`: stops a build."""

from aiohttp import web

from ..events import BinderError
from .access import person_who_asks
from .build_stream import asked_for
from .site import SITE

# A page's token is short-lived, but a build that its reader wants to stop may take hours.
LEEWAY_SECONDS = 24 * 3600


async def cancel(request: web.Request) -> web.Response:
    """Stop the build that the URL names; all who watch it are told.

    Allowed with the build token of a page of that build (`?build_token=`), where people log in
    to who started it; or with a token of an administrator of the hub (`Authorization: token ...`).
    Answers 204, 403 or 404.
    """
    site = request.app[SITE]
    provider, spec = asked_for(request)
    try:
        user = await _check_allowed(request, f"{provider}/{spec}")
        await site.builds.cancel(provider, spec, user)
    except BinderError as error:
        status = error.status_code or 500
        return web.json_response({"status": status, "message": error.message}, status=status)
    return web.Response(status=204)


async def _check_allowed(request: web.Request, build: str) -> str:
    """Whose builds the request may cancel; empty: anybody's."""
    site = request.app[SITE]
    scheme, _, hub_token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in ("token", "bearer") and await site.hub.is_administrator(hub_token):
        return ""
    build_token = request.query.get("build_token")
    if not build_token:
        raise BinderError("To cancel a build takes its build token or an administrator's.", 403)
    site.tokens.check(build_token, build, request, leeway=LEEWAY_SECONDS)
    return await person_who_asks(request)
