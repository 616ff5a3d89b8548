"""A class clicks at once, and there are fewer places than people."""

import asyncio
import collections
import json
from collections.abc import Iterator

import pytest

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, docker, get

# Answers as a Jupyter server does, in a hundredth of its memory and time to start.
SERVER = """#!/usr/bin/env python3
import http.server, sys
options = dict(argument.lstrip("-").split("=", 1) for argument in sys.argv[1:])
base_url = options["ServerApp.base_url"]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.startswith(base_url) else 404)
        self.end_headers()
    do_HEAD = do_GET
http.server.ThreadingHTTPServer(("", int(options["port"])), Handler).serve_forever()
"""
DOCKERFILE = """FROM binderhub-lite/singleuser
COPY --chmod=755 jupyter-lab /home/jovyan/bin/jupyter-lab
ENV PATH=/home/jovyan/bin:$PATH
"""
FULL = "Too many users on this BinderHub! Try again soon.\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinderProcess]:
    config = "c.LaunchQuota.total_quota = 10\nc.GitRepoProvider.spec_config = [\n"
    config += "    {'pattern': '.*rare.*', 'config': {'quota': 1}}\n]\n"
    process = BinderProcess(tmp_path_factory.mktemp("small"), config=config)
    yield process.wait_until_ready()
    process.stop()


async def last(binder: BinderProcess, spec: str) -> dict[str, object]:
    return (await binder.launch(spec))[-1]


async def test_thirty_launches_at_once_fill_ten_places_and_no_more(
    small: BinderProcess, git_server: GitServer
) -> None:
    repo = git_server.repo("herd", {"Dockerfile": DOCKERFILE, "jupyter-lab": SERVER})
    await last(small, repo.spec)  # builds the image
    (first,) = small.containers("server")
    docker("rm", "--force", first)

    ends = await asyncio.gather(*(last(small, repo.spec) for _ in range(30)))

    phases = collections.Counter(end["phase"] for end in ends)
    assert phases == {"ready": 10, "failed": 20}
    assert {end["message"] for end in ends if end["phase"] == "failed"} == {FULL}
    servers = small.containers("server")
    assert len(servers) == 10
    for end in ends:
        if end["phase"] == "ready":
            assert (await get(f"{end['url']}api"))[0] == 200

    _, health = await get(f"{small.url}health")
    quota = next(check for check in json.loads(health)["checks"] if check["service"] == "Pod quota")
    assert (quota["user_pods"], quota["quota"]) == (10, 10)

    # Nor is anything built for who has no place.
    other = git_server.repo("also-rare", {"Dockerfile": DOCKERFILE, "jupyter-lab": SERVER})
    events = await small.launch(other.spec)
    assert [event["phase"] for event in events] == ["waiting", "failed"]
    assert events[-1]["message"] == FULL

    docker("rm", "--force", *servers[:2])
    assert (await last(small, other.spec))["phase"] == "ready"
    assert (await last(small, other.spec))["message"] == (
        f"Too many users running {other.url}! Try again soon.\n"
    )
    assert (await last(small, repo.spec))["phase"] == "ready"
    assert (await last(small, repo.spec))["message"] == FULL
