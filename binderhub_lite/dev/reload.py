"""What is saved is shown: watches templates and static files, and tells the open pages."""

import asyncio
import json
import logging
import re
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from watchfiles import Change, DefaultFilter, awatch

from ..events import BinderError
from ..web.assets import Assets
from .bundler import Bundler

log = logging.getLogger(__name__)

STEP_MS = 20
"""How long nothing more may be saved until what was saved is shown."""
STYLESHEETS = ("dist/page.css", "dist/loading.css")


class OpenPages:
    """The pages that are open in browsers, as event streams to them."""

    def __init__(self) -> None:
        self._server = secrets.token_hex(4)
        self._queues: set[asyncio.Queue[str]] = set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """`GET dev/changes`: the events `server` (which one this is), `reload` and `styles`."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[str] = asyncio.Queue()
        queue.put_nowait(f"event: server\ndata: {self._server}\n\n")
        self._queues.add(queue)
        try:
            while event := await queue.get():
                await response.write(event.encode())
        finally:
            self._queues.discard(queue)
        return response

    def tell(self, event: str, data: object = None) -> None:
        for queue in self._queues:
            queue.put_nowait(f"event: {event}\ndata: {json.dumps(data)}\n\n")

    def close(self) -> None:
        """End the streams, which would hold up the server's end."""
        for queue in self._queues:
            queue.put_nowait("")


class Reloader:
    """Watches folders, bundles what needs it and tells pages."""

    def __init__(
        self,
        pages: OpenPages,
        templates: Sequence[Path],
        static: Path,
        assets: Assets,
        extra_static: Path | None,
        extra_assets: Assets,
    ) -> None:
        self._pages = pages
        self._templates = templates
        self._static = static
        self._sources = (static / "js", static / "css")
        self._assets = assets
        self._extra_static = extra_static
        self._extra_assets = extra_assets

    async def run(self) -> None:
        """Watch until cancelled, or until watching is impossible, which is said."""
        try:
            await self._watch()
        except Exception:
            log.exception("What is saved is not shown any more")

    async def _watch(self) -> None:
        async with AsyncExitStack() as stack:
            bundler = await self._bundler(stack)
            folders = [*self._templates, self._static, *filter(None, [self._extra_static])]
            present = [folder for folder in folders if folder.is_dir()]
            saved = _Saved(self._static / "dist")
            async for changes in awatch(*present, watch_filter=saved, step=STEP_MS):
                await self._show({Path(path) for _, path in changes}, bundler)

    async def _bundler(self, stack: AsyncExitStack) -> Bundler | None:
        checkout = self._static.parent
        if not (checkout / "build.mjs").is_file():
            return None  # installed from a wheel, where the sources are not
        try:
            bundler = await stack.enter_async_context(Bundler.started(checkout))
        except BinderError as error:
            log.warning(error.message)
            return None
        await bundler.bundle()
        return bundler

    async def _show(self, changed: set[Path], bundler: Bundler | None) -> None:
        sources = {path for path in changed if any(map(path.is_relative_to, self._sources))}
        if sources and not (bundler is not None and await bundler.bundle()):
            changed -= sources
        if not changed:
            return
        log.info("Saved: %s", ", ".join(sorted(path.name for path in changed)))
        if all(path.suffix == ".css" for path in changed):
            self._pages.tell("styles", self._stylesheets(changed))
        else:
            self._pages.tell("reload")

    def _stylesheets(self, changed: set[Path]) -> list[str]:
        """The addresses of stylesheets that may look different now."""
        extra = self._extra_static
        return [
            *(self._assets.url(name) for name in STYLESHEETS),
            *(
                self._extra_assets.url(str(path.relative_to(extra)))
                for path in changed
                if extra is not None and path.is_relative_to(extra)
            ),
        ]


class _Saved(DefaultFilter):
    """Leaves out what editors leave behind, and what the bundler writes."""

    def __init__(self, bundle: Path) -> None:
        super().__init__(ignore_paths=[bundle])

    def __call__(self, change: Change, path: str) -> bool:
        return super().__call__(change, path) and not Path(path).name.startswith(".")


def script_adder(assets: Assets) -> Middleware:
    """A middleware that puts the script which listens for changes into every page."""

    @web.middleware
    async def add_script(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if isinstance(response, web.Response) and response.content_type == "text/html":
            nonce = re.search("'nonce-([^']+)'", response.headers["Content-Security-Policy"])
            script = (
                f'<script type="module" src="{assets.url("dist/reload.js")}" '
                f'nonce="{nonce[1] if nonce else ""}"></script>'
            )
            response.text = f"{response.text or ''}{script}"
        return response

    return add_script
