"""The main page, and where its form leads in a browser without JavaScript."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import quote

from aiohttp import web
from yarl import URL

from ..events import BinderError
from ..providers import LocalRepoProvider
from ..providers.detect import Detected, detect
from .pages import render
from .site import SITE, Site
from .status import provider_displays

MOST_DIRECTORIES = 60
# What may stand in a path as it is: JavaScript's encodeURI, which the page uses, leaves the same.
IN_PATH = "/;,:@&=+$-_.!~*'()"


@dataclass(frozen=True)
class Form:
    """The main page's form, as somebody has filled it in; all empty: not yet."""

    repo: str = ""
    provider: str = ""
    ref: str = ""
    kind: str = ""
    path: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Form":
        return cls(**{name: query.get(name, "").strip() for name in vars(cls())})


async def home(request: web.Request) -> web.Response:
    return await _page(request, Form())


async def from_form(request: web.Request) -> web.Response:
    """`GET v2/?repo=…`: to the loading page of what the form says, or back with the problem."""
    form = Form.of(request.query)
    try:
        address = _address(form, request.app[SITE])
    except BinderError as error:
        return await _page(request, form, problem=error.message, status=400)
    raise web.HTTPFound(URL(address, encoded=True))


async def _page(
    request: web.Request, form: Form, *, problem: str = "", status: int = 200
) -> web.Response:
    site = request.app[SITE]
    return render(
        request,
        "index.html",
        status=status,
        form=form,
        problem=problem,
        providers=provider_displays(site),
        local_directories=await asyncio.to_thread(_local_directories, site),
    )


def _local_directories(site: Site) -> list[dict[str, str]]:
    """The directories of this machine that may be launched: name and link of each."""
    kinds = site.providers.items()
    prefix = next((name for name, kind in kinds if issubclass(kind, LocalRepoProvider)), "")
    try:
        shared = site.make_provider(prefix, ".")
        assert isinstance(shared, LocalRepoProvider)
        names = shared.subdirectories()
    except (BinderError, OSError):  # no such provider, nothing shared, or not for us to read
        return []
    offered = (name for name in names if _is_allowed(site, prefix, name))
    return [
        {"name": name, "link": f"{site.base_url}v2/{prefix}/{quote(name)}"}
        for name in islice(offered, MOST_DIRECTORIES)
    ]


def _is_allowed(site: Site, prefix: str, name: str) -> bool:
    try:
        site.make_provider(prefix, quote(name)).check_allowed()
    except BinderError:
        return False
    return True


def _address(form: Form, site: Site) -> str:
    """Path and query of the loading page. Raises BinderError for what is no repository."""
    if not form.repo:
        raise BinderError("Please name a repository.", 400)
    found = _found(form, site)
    if form.kind or form.path:
        found = replace(found, kind=form.kind or "file", path=form.path)
    display = next(each for each in provider_displays(site) if each["id"] == found.provider)
    address = f"{site.base_url}v2/{found.provider}/{_spec(display, found)}"
    opens = found.urlpath if found.path or found.kind == "lab" else ""
    return f"{address}?urlpath={quote(opens, safe='')}" if opens else address


def _found(form: Form, site: Site) -> Detected:
    """What the box says, unless the person chose another provider or ref."""
    try:
        found = detect(form.repo, providers=site.providers)
    except BinderError:
        if form.provider not in site.providers:
            raise
        found = None
    if found is None or form.provider not in ("", found.provider):
        if form.provider not in site.providers:
            raise BinderError(f"There is no provider {form.provider!r} here.", 400)
        found = Detected(form.provider, form.repo)
    return replace(found, ref=form.ref or found.ref)


def _spec(display: Mapping[str, Any], found: Detected) -> str:
    """The spec, as the provider's own description says how to write it."""
    safe = "" if display["repo"].get("urlEncode") else IN_PATH
    repo = quote(found.repo.rstrip("/"), safe=safe)
    ref = (found.ref or display["ref"].get("default", "")) if display["ref"]["enabled"] else ""
    return f"{repo}/{quote(ref, safe=IN_PATH)}" if ref else repo
