"""Who is asking, where people log in: all but a few paths are for them only."""

from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp_session import get_session
from yarl import URL

from ..events import BinderError
from .login import Login
from .site import SITE, Site

CALLBACK = "oauth_callback"
LOGOUT = "logout"
# Monitors, badges and the login itself. Builds see to it themselves: their refusal is an event.
OPEN = ("health", "versions", "metrics", "build/", "static/", CALLBACK, LOGOUT)
NOT_FOR_PEOPLE = "api/"

USER: web.RequestKey[str] = web.RequestKey("user", str)
"""Who asks, once they have been let in."""


def middlewares(site: Site, login: Login, also_open: Iterable[str]) -> list[Middleware]:
    """What every request goes through where people log in.

    Open to all is what is in OPEN and in `also_open`: paths, or beginnings that end in a slash.
    """
    files = {*OPEN, *also_open}
    folders = tuple(path for path in files if path.endswith("/"))
    plain, secure = login.sessions(https=False), login.sessions(https=True)

    @web.middleware
    async def sessions(request: web.Request, handler: Handler) -> web.StreamResponse:
        https = site.facts.origin(request).startswith("https:")
        return await (secure if https else plain)(request, handler)

    @web.middleware
    async def only_who_is_logged_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = site.path_after(request, "")
        if path in files or path.startswith(folders):
            return await handler(request)
        try:
            request[USER] = await user_of(request)
        except BinderError as error:
            raise _http_error(error) from None
        if not request[USER]:
            raise await _please_log_in(request, login, path)
        return await handler(request)

    return [sessions, only_who_is_logged_in]


async def user_of(request: web.Request) -> str:
    """The name of the user who asks; empty where nobody is logged in.

    Raises BinderError for a token that is not good, and when the hub does not answer.
    """
    login = request.app[SITE].login
    if login is None:
        return ""
    token = _token_of_a_program(request)
    if token:
        name = await login.oauth.user(token)
        if not name:
            raise BinderError("The hub does not know this token, or not for this service.", 403)
        return name
    return await login.oauth.user((await get_session(request)).get("token", ""))


async def person_who_asks(request: web.Request) -> str:
    """As `user_of`, but raises BinderError (403) where people log in and this one has not."""
    user = await user_of(request)
    if request.app[SITE].login and not user:
        raise BinderError("Only for people who are logged in: reload the page to log in.", 403)
    return user


def _token_of_a_program(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in ("token", "bearer"):
        return token.strip()
    return request.query.get("token", "")


async def _please_log_in(request: web.Request, login: Login, path: str) -> web.HTTPException:
    if path.startswith(NOT_FOR_PEOPLE) or request.method not in ("GET", "HEAD"):
        return web.HTTPForbidden(
            text="This is for people who are logged in: send a token of the hub's "
            "(`Authorization: token ...`)."
        )
    target = request.rel_url.raw_path
    if not target.startswith(login.base_url) or target[1:2] in ("/", "\\"):
        target = login.base_url  # a browser would take the rest for another site's name
    elif request.rel_url.raw_query_string:
        target += "?" + request.rel_url.raw_query_string
    state = login.state(await get_session(request), target)
    return _redirect(login.oauth.login_url(state, _callback(request, login)))


async def oauth_callback(request: web.Request) -> web.Response:
    """Where the hub sends people back to: the login's end."""
    login = _login(request)
    session = await get_session(request)
    found = login.target(session, request.query.get("state", ""))
    if found is None:
        raise web.HTTPBadRequest(
            text="This login began in another browser, or too long ago: please try again."
        )
    target, began_here = found
    if not began_here:
        # Of tabs that open all at once, as at a browser's start, one gives the session to all.
        # Whose login this is, nobody knows: it is not used.
        raise _redirect(target)
    if "code" not in request.query:
        reason = request.query.get("error_description") or request.query.get("error", "")
        raise web.HTTPForbidden(text=f"The hub did not let you in. {reason}".strip())
    try:
        session["token"] = await login.oauth.token(request.query["code"], _callback(request, login))
    except BinderError as error:
        raise _http_error(error) from None
    raise _redirect(target)


async def logout(request: web.Request) -> web.Response:
    """End the session here, then at the hub, which takes back what it gave for it."""
    login = _login(request)
    session = await get_session(request)
    login.oauth.forget(session.get("token", ""))
    session.invalidate()
    raise _redirect(login.oauth.hub.public_hub_url("logout"))


def _login(request: web.Request) -> Login:
    login = request.app[SITE].login
    if login is None:
        raise web.HTTPNotFound
    return login


def _callback(request: web.Request, login: Login) -> str:
    return f"{request.app[SITE].facts.origin(request)}{login.base_url}{CALLBACK}"


def _redirect(url: str) -> web.HTTPFound:
    return web.HTTPFound(URL(url, encoded=True))


def _http_error(error: BinderError) -> web.HTTPException:
    if error.status_code is not None and error.status_code < 500:
        return web.HTTPForbidden(text=error.message)
    return web.HTTPBadGateway(text=error.message)
