"""What a pasted text means, for pages and programs."""

from aiohttp import web

from ..events import BinderError
from ..providers.detect import detect
from .site import SITE


async def detection(request: web.Request) -> web.Response:
    """`GET api/detect?text=…[&ref=…]`: provider, repository, ref and path, by the text alone.

    400 with a sentence for people where it is nothing that this server's providers know;
    with `&lenient`, 200 with that sentence alone: a browser would note a 400 as an error of
    the page, at each key that is pressed.
    """
    site = request.app[SITE]
    text, ref = request.query.get("text", ""), request.query.get("ref", "")
    try:
        found = detect(text, ref, site.providers, hosts=site.hosts)
    except BinderError as error:
        status = 200 if "lenient" in request.query else 400
        answer = {"status": status, "message": error.message}
        return web.json_response(answer, status=status)
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
