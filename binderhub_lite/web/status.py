"""What monitors ask: health, versions, metrics, and which providers there are."""

import asyncio
from typing import Any

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from .._version import __version__
from ..conventions import Component
from ..dockerd import DockerTrouble
from ..events import BinderError
from .site import SITE, Site

HEALTH_SECONDS = 10


async def health(request: web.Request) -> web.Response:
    """200 when everything that launches need works, else 503; what it is stands in the answer."""
    site = request.app[SITE]
    checks = await asyncio.gather(
        _check("JupyterHub API", site.hub.check),
        _check("Docker daemon", site.daemon.check),
        _quota(site),
    )
    # What follows informs: a server that is full is healthy, and so is one that is not isolated.
    ok = all(check["ok"] for check in checks[:-1])
    return web.json_response(
        {"ok": ok, "checks": [*checks, *_isolation(site)]}, status=200 if ok else 503
    )


async def _check(service: str, check: Any) -> dict[str, Any]:
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            await check()
    except (BinderError, TimeoutError):
        return {"service": service, "ok": False}
    return {"service": service, "ok": True}


async def _quota(site: Site) -> dict[str, Any]:
    """How many containers run; the names are those that BinderHub's monitors read."""
    counts, quota = {"total_pods": 0, "build_pods": 0, "user_pods": 0}, site.total_quota
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            counts["build_pods"] = len(await site.daemon.containers(Component.BUILD))
            counts["user_pods"] = len(await site.daemon.containers(Component.SERVER))
        counts["total_pods"] = counts["build_pods"] + counts["user_pods"]
        ok = quota is None or counts["total_pods"] <= quota
    except DockerTrouble:  # a TimeoutError is an OSError
        ok = False
    return {"service": "Pod quota", **counts, "quota": quota, "ok": ok}


def _isolation(site: Site) -> list[dict[str, Any]]:
    """Whether the rules of network isolation are in place; nothing where it is switched off."""
    if not site.isolation.enabled:
        return []
    problem = site.isolation.problem
    check = {"service": "Network isolation", "ok": problem is None}
    return [check if problem is None else {**check, "message": problem}]


async def versions(request: web.Request) -> web.Response:
    """Which BinderHub and which builder this is."""
    image = request.app[SITE].builds.build_image
    return web.json_response(
        {"builder_info": {"build_image": image}, "binderhub": __version__, "builder": image},
        headers={"Access-Control-Allow-Origin": "*"},
    )


async def metrics(request: web.Request) -> web.Response:
    """Prometheus metrics, in the text format that the client accepts."""
    site = request.app[SITE]
    allowed = site.allowed_metrics
    if allowed and site.facts.network_of_client(request, allowed) is None:
        raise web.HTTPForbidden(text="The metrics are not for everyone: ask from another network.")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    body = encode(site.metrics.registry)
    return web.Response(body=body, headers={"Content-Type": content_type})


async def repo_providers(request: web.Request) -> web.Response:
    """How to ask for a repository of each provider: labels, patterns, defaults."""
    site = request.app[SITE]
    return web.json_response(provider_displays(site))


def provider_displays(site: Site) -> list[dict[str, Any]]:
    return [
        {**kind.display_config, "id": name}
        for name, kind in site.providers.items()
        if kind.display_config
    ]
