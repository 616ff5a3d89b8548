"""Builds: from the request to `built`, beside the same repo2docker container run by hand."""

import io
import tarfile
import time
from pathlib import Path
from statistics import median

from binderhub_lite.builds import repo2docker
from binderhub_lite.conventions import environment_list, network_name, trust
from binderhub_lite.options import BuildOptions
from binderhub_lite.providers import Repo
from tests.support.git_server import GitRepo
from tests.support.instance import BinderProcess

from .place import Place, docker, docker_socket
from .results import Group

RUNS = 7


async def measure(place: Place) -> Group:
    by_hand = ByHand(place)
    ours, theirs = [], []
    with place.instance("c.BinderHub.enable_api_only_mode = True\n") as binder:
        # Not counted: what the first one finds cold.
        await _seconds_to_built(binder, place.git.repo("first-ours"))
        await by_hand.seconds(place.git.repo("first-by-hand"))
        for run in range(RUNS):
            ours.append(await _seconds_to_built(binder, place.git.repo(f"ours-{run}")))
            theirs.append(await by_hand.seconds(place.git.repo(f"by-hand-{run}")))
    return Group(
        "builds",
        "A build of a tiny repository",
        f"Median of {RUNS} new repositories each, in turn. By hand: `docker run` of the same "
        "builder image and command line.",
        {
            "seconds": ("request → built", "{:.2f} s"),
            "by_hand_seconds": ("by hand", "{:.2f} s"),
            "overhead_seconds": ("overhead", "{:+.2f} s"),
            "least_seconds": ("fastest", "{:.2f} s"),
            "by_hand_least_seconds": ("fastest by hand", "{:.2f} s"),
        },
        [
            {
                "seconds": median(ours),
                "by_hand_seconds": median(theirs),
                "overhead_seconds": median(ours) - median(theirs),
                "least_seconds": min(ours),
                "by_hand_least_seconds": min(theirs),
            }
        ],
    )


async def _seconds_to_built(binder: BinderProcess, repo: GitRepo) -> float:
    began, built = time.monotonic(), 0.0
    async for event in binder.stream(repo.spec, build_only="true"):
        if event["phase"] == "failed":
            raise RuntimeError(event["message"])
        if event["phase"] == "built":
            built = time.monotonic()
    return built - began


class ByHand:
    """Builds as a person would who knows the builder's command line."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._config = place.folder / "repo2docker"

    async def seconds(self, repo: GitRepo) -> float:
        archive = io.BytesIO(repo2docker.config_archive(_as_repo(repo)))
        with tarfile.open(fileobj=archive) as tar:
            tar.extractall(self._config, filter="data")
        arguments = self._arguments(repo)
        began = time.monotonic()
        await docker(*arguments)
        return time.monotonic() - began

    def _arguments(self, repo: GitRepo) -> list[str]:
        options = BuildOptions()
        image = self._place.image(repo.path.name)
        binds, environment = trust(options.ca_bundle)
        config = self._config / Path(repo2docker.HOME).relative_to("/")
        binds = [f"{config}:{repo2docker.HOME}:ro", *binds]
        return [
            "run",
            "--rm",
            self._place.label,
            f"--network={network_name(self._place.namespace)}",
            docker_socket(),
            *(f"--volume={bind}" for bind in binds),
            *(f"--env={item}" for item in environment_list(environment)),
            options.build_image,
            *repo2docker.command(_as_repo(repo), image),
        ]


def _as_repo(repo: GitRepo) -> Repo:
    return Repo(
        provider="git",
        spec=repo.spec,
        resolved_spec=repo.spec,
        url=repo.url,
        ref=repo.commit,
        ref_url=repo.url,
        slug=repo.url,
        content_provider="Git",
    )
