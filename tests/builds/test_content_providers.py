"""Datasets, fetched by the real repo2docker with the configuration that a build gives it."""

import asyncio
import io
import json
import secrets
import subprocess
import tarfile
from typing import Any

from aiohttp import web
from traitlets.config import Config

from binderhub_lite.builds.repo2docker import CONFIG, config_archive
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.options import BuildOptions
from binderhub_lite.providers import PROVIDERS, CKANProvider, Repo
from binderhub_lite.providers.web_api import WebApi

from ..providers.datasets import ckan_package
from ..support.web_service import WebService, web_service
from .conftest import MakeBuilds
from .watching import follow

# What repo2docker makes of an address, with the configuration of a build.
DETECT = """
import json, sys
from traitlets.config import Config
for text, url in json.load(sys.stdin):
    c = Config()
    exec(text, {"c": c})
    [kind] = c.Repo2Docker.content_providers
    print(json.dumps([kind.__name__, kind().detect(url) if url else None]))
"""


async def test_a_ckan_dataset_becomes_an_image(
    daemon: DockerDaemon, make_builds: MakeBuilds, bridge_address: str
) -> None:
    """From the spec to the image, with a portal of our own: the API, then the dataset's files."""
    files = {"Dockerfile": "FROM scratch\nCOPY notes.txt /\n", "notes.txt": secrets.token_hex()}

    async def portal(request: web.Request) -> web.Response:
        _, _, name = request.path.rpartition("/")
        if name in files:
            return web.Response(text=files[name])
        package = ckan_package("turtles", "2024-04-02T02:10:31.123456")
        package["result"]["resources"] = [
            {"id": name, "url": f"{service.url}/files/{name}"} for name in files
        ]
        return web.json_response(package)

    builds = make_builds()
    async with web_service(portal, bridge_address) as service, WebApi() as client:
        config = Config({"CKANProvider": {"allow_private_hosts": [bridge_address]}})
        url = f"{service.url}/dataset/turtles"
        repo = await CKANProvider(config=config, web=client, spec=url).resolve("ckan")
        events = await follow(builds, repo)

    assert "Picked CKAN content provider" in "".join(event.message for event in events)
    image = builds.image_of(repo)
    assert image.endswith(":turtles.v1712023831")
    assert notes_of(image) == files["notes.txt"]


def notes_of(image: str) -> str:
    """The content of /notes.txt in an image that has no programs."""
    created = ["docker", "create", image, "none"]
    container = subprocess.run(created, capture_output=True, text=True, check=True).stdout.strip()
    try:
        copied = subprocess.run(
            ["docker", "cp", f"{container}:/notes.txt", "-"], capture_output=True, check=True
        )
    finally:
        subprocess.run(["docker", "rm", container], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(copied.stdout)) as tar:
        notes = tar.extractfile("notes.txt")
        assert notes is not None
        return notes.read().decode()


async def test_repo2docker_knows_a_dataset_by_the_address_that_it_is_given(
    bridge_address: str,
) -> None:
    """As far as it goes without the internet: which record, article or dataset it would fetch."""

    async def installations(request: web.Request) -> web.Response:
        return web.json_response({"installations": [{"hostname": "data.example"}]})

    zenodo = PROVIDERS["zenodo"](spec="10.5281/zenodo.3242074").get_repo_url()
    asked = {
        "Zenodo": zenodo,
        "Figshare": "https://figshare.com/articles/_/9782777/3",
        "Dataverse": "https://data.example/dataset.xhtml?persistentId=doi:10.7910/DVN/TJCLKP",
    }
    async with web_service(installations, bridge_address) as service:
        found = await detected(service, asked)

    assert set(found) == {kind.content_provider for kind in PROVIDERS.values()}
    assert found["Zenodo"]["record"] == "3242074"
    assert (found["Figshare"]["article"], found["Figshare"]["version"]) == ("9782777", "3")
    assert found["Dataverse"] == asked["Dataverse"]


async def detected(service: WebService, asked: dict[str, str]) -> dict[str, Any]:
    """What the builder image's repo2docker says of each address, by content provider."""
    process = await asyncio.create_subprocess_exec(
        *("docker", "run", "--rm", "--interactive", "--entrypoint=sh"),
        f"--env=R2D_DATAVERSE_INSTALLATIONS_URL={service.url}",
        # The Python that runs repo2docker, wherever the image has it.
        *(
            BuildOptions().build_image,
            "-c",
            '$(head -1 $(which jupyter-repo2docker) | cut -c3-) -c "$0"',
            DETECT,
        ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    kinds = {kind.content_provider for kind in PROVIDERS.values()}
    questions = [(config_text(kind, asked.get(kind, "")), asked.get(kind)) for kind in kinds]
    printed, _ = await process.communicate(json.dumps(questions).encode())
    assert process.returncode == 0
    return dict(json.loads(line) for line in printed.splitlines())


def config_text(content_provider: str, url: str) -> str:
    """The configuration that a build's container gets."""
    repo = Repo("prefix", "spec", "spec", url, "ref", url, "slug", content_provider)
    with tarfile.open(fileobj=io.BytesIO(config_archive(repo))) as tar:
        config = tar.extractfile(CONFIG.lstrip("/"))
        assert config is not None
        return config.read().decode()
