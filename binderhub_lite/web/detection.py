"""What a pasted text means, for pages and programs."""

from aiohttp import web

from ..events import BinderError
from ..providers.detect import detect
from .site import SITE


async def detection(request: web.Request) -> web.Response:
    """`GET api/detect?text=…[&ref=…]`: provider, repository, ref and path, by the text alone.

    400 with a sentence for people where it is nothing that this server's providers know.
    """
    site = request.app[SITE]
    try:
        found = detect(request.query.get("text", ""), request.query.get("ref", ""), site.providers)
    except BinderError as error:
        answer = {"status": 400, "message": error.message}
        return web.json_response(answer, status=400)
    return web.json_response(
        {
            "provider": found.provider,
            "spec": found.spec,
            "repo": found.repo,
            "ref": found.ref,
            "kind": found.kind,
            "path": found.path,
            "urlpath": found.urlpath,
        },
    )
