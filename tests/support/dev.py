"""The pages as `make dev` serves them, inside the test's own process: every state is cheap."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from traitlets.config import Config

from binderhub_lite.dev.app import DevApp
from binderhub_lite.launch.ports import free_port


@asynccontextmanager
async def dev_pages(**options: Any) -> AsyncIterator[str]:
    """Serves the pages with options of BinderHub's; gives the origin, with no slash at its end."""
    port = free_port()
    config = {
        "ip": "127.0.0.1",
        "port": port,
        "config_file": "",
        "log_level": logging.WARNING,
        **options,
    }
    app = DevApp(config=Config({"BinderHub": config}))
    app.initialize([])
    async with app.running(asyncio.get_running_loop().create_future()):
        yield f"http://127.0.0.1:{port}"
