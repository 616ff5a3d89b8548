"""npm's own `@jupyterhub/binderhub-client`, unchanged, run by Node against an instance."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, get
from .test_stream import ORDER, phases

SCRIPT = Path(__file__).with_name("javascript_client.mjs")


async def run_client(*arguments: str) -> list[dict[str, Any]]:
    """What the client saw, to `ready` (and what is there) or `failed`."""
    # Where the machine has no Node, the virtual environment has.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    process = await asyncio.create_subprocess_exec(
        "node",
        SCRIPT,
        *arguments,
        env={**os.environ, "PATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(120):
            printed, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, complaint.decode()
    # The client logs what it makes of a `failed` event; ours are the lines of JSON.
    return [json.loads(line) for line in printed.splitlines() if line.startswith(b"{")]


async def test_it_iterates_to_a_server_that_answers(
    binder: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("javascript", {"notes/one two.txt": "Hello"})
    *events, landed = await run_client(binder.url, repo.spec, "urlpath=files/notes/one%2520two.txt")

    assert phases(events) == ORDER
    ready = events[-1]
    assert landed == {
        "address": f"{ready['url']}files/notes/one%20two.txt?token={ready['token']}",
        "status": 200,
    }


async def test_a_page_hands_it_its_build_token(
    binder: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("javascript-token")
    _, page = await get(f"{binder.url}v2/{repo.spec}")
    config = re.search(r"window\.pageConfig = (\{.*\});", page)
    assert config is not None
    token = json.loads(config[1])["buildToken"]

    *_, ready, landed = await run_client(binder.url, repo.spec, "", token)
    assert ready["phase"] == "ready"
    assert landed["status"] == 200

    (failed,) = await run_client(binder.url, repo.spec, "", token + "x")
    assert failed["phase"] == "failed"
    assert failed["status_code"] == 403


async def test_it_is_told_why_a_build_failed(binder: BinderProcess, git_server: GitServer) -> None:
    repo = git_server.repo(
        "javascript-broken", {"Dockerfile": "FROM binderhub-lite/singleuser\nRUN exit 7\n"}
    )
    *earlier, failed = await run_client(binder.url, repo.spec)

    assert "failed" not in phases(earlier)
    assert failed["phase"] == "failed"
    assert failed["message"].startswith(f"Building {repo.url} failed: ")
    assert "exit code: 7" in failed["message"]
