"""The process: where it listens, its configuration and its log."""

import asyncio
import re
import threading
import time

import pytest

from binderhub_lite.app import BinderHub
from binderhub_lite.upstream.homes import INSTEAD

from .rows import ROWS, Row, Started, refused, row


@row("ip", "port", config="c.BinderHub.ip = '127.0.0.2'\nc.BinderHub.port = {port}")
async def ip_and_port(started: Started) -> None:
    port = started.app.port
    async with started.http.get(f"http://127.0.0.2:{port}/health") as answer:
        assert answer.status == 200
    with pytest.raises(OSError, match="onnect"):
        await asyncio.open_connection("127.0.0.1", port)


@row("config_file", config="c.BinderHub.about_message = 'from the file'")
async def config_file(started: Started) -> None:
    assert started.app.config_path == started.folder / "binderhub_config.py"
    assert "from the file" in await started.page("about")


@row("executor_threads", config="c.BinderHub.executor_threads = 3")
async def executor_threads(started: Started) -> None:
    await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.1) for _ in range(8)))

    names = [thread.name for thread in threading.enumerate()]
    assert len([name for name in names if name.startswith("binderhub-lite")]) == 3


@row("debug", config="c.BinderHub.debug = True")
async def debug(started: Started) -> None:
    await started.page("health")
    assert re.search(r"^\[D .*GET /health", started.log(), re.MULTILINE)


@row("log_level", config="c.BinderHub.log_level = 'WARN'")
async def log_level(started: Started) -> None:
    await started.page("about")
    assert "GET /about" not in started.log()


@row(
    "log_format",
    "log_datefmt",
    config="c.BinderHub.log_format = '<%(asctime)s> %(message)s'\n"
    "c.BinderHub.log_datefmt = 'day %j'",
)
async def log_format(started: Started) -> None:
    await started.page("health")
    await started.page("about?token=geheim&x=1")
    assert (await started.get("about?token=geheim" + 9000 * "x"))[0] == 400  # too long

    log = started.log()
    assert re.search(r"Error handling request from 127\.0\.0\.1: LineTooLong$", log, re.MULTILINE)
    assert "Traceback" not in log
    assert "geheim" not in log
    assert re.search(r"^<day \d\d\d> 200 GET /about\?token=\*\*\*&x=1 ", log, re.MULTILINE)
    assert "/health" not in log


refused("use_registry", "c.BinderHub.use_registry = True", "use_registry = True is not possible")
for name, trait in BinderHub.class_traits(config=True).items():
    if INSTEAD in trait.metadata:

        async def warned(started: Started, name: str = name) -> None:
            assert f"c.BinderHub.{name} has no effect on one machine" in started.log()

        ROWS.append(Row((name,), f"c.BinderHub.{name} = None", warned))
