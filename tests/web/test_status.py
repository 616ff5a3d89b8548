"""What monitors and clients ask: health, versions, metrics, providers."""

import json
from pathlib import Path
from typing import Any

import pytest

from binderhub_lite._version import __version__
from binderhub_lite.conventions import Component, labels
from binderhub_lite.dockerd import DockerDaemon
from binderhub_lite.providers import PROVIDERS

from ..support.github_api import GitHubApi
from ..support.hub_api import HubApi
from .conftest import Serve, Served


async def health(served: Served) -> tuple[int, dict[str, dict[str, Any]]]:
    answer = await served.get("/health")
    found = json.loads(answer.text)
    assert found["ok"] == (answer.status == 200)
    return answer.status, {check["service"]: check for check in found["checks"]}


async def test_a_healthy_server_says_so_and_counts_its_containers(
    serve: Serve, daemon: DockerDaemon
) -> None:
    served = await serve(network_isolation=False)
    for component in (Component.BUILD, Component.SERVER, Component.SERVER):
        await daemon.client.containers.create(
            {"Image": "binderhub-lite/singleuser", "Labels": labels(daemon.namespace, component)}
        )

    status, checks = await health(served)

    assert status == 200
    assert checks == {
        "JupyterHub API": {"service": "JupyterHub API", "ok": True},
        "Docker daemon": {"service": "Docker daemon", "ok": True},
        "Pod quota": {
            "service": "Pod quota",
            "total_pods": 3,
            "build_pods": 1,
            "user_pods": 2,
            "quota": None,
            "ok": True,
        },
    }


@pytest.mark.parametrize(("quota", "ok"), [(0, False), (1, True), (2, True)])
async def test_a_full_server_is_healthy_all_the_same(
    serve: Serve, daemon: DockerDaemon, quota: int, ok: bool
) -> None:
    mark = labels(daemon.namespace, Component.SERVER)
    await daemon.client.containers.create({"Image": "binderhub-lite/singleuser", "Labels": mark})

    status, checks = await health(await serve(config={"LaunchQuota": {"total_quota": quota}}))

    assert status == 200
    assert (checks["Pod quota"]["quota"], checks["Pod quota"]["ok"]) == (quota, ok)


async def test_the_total_quota_has_an_older_name(serve: Serve) -> None:
    _, checks = await health(await serve(pod_quota=7))
    assert checks["Pod quota"]["quota"] == 7

    both = await serve(pod_quota=7, config={"LaunchQuota": {"total_quota": 8}})
    assert (await health(both))[1]["Pod quota"]["quota"] == 8


async def test_isolation_that_cannot_be_set_up_is_shown_and_takes_nothing_out_of_service(
    served: Served,
) -> None:
    status, checks = await health(served)  # before the rules were ever set
    assert status == 200
    assert checks["Network isolation"] == {
        "service": "Network isolation",
        "ok": False,
        "message": "not set up yet",
    }


async def test_a_hub_that_breaks_makes_the_server_ill_until_it_is_well(
    served: Served, hub: HubApi
) -> None:
    hub.breaks["info"] = [503]

    status, checks = await health(served)
    assert status == 503
    ill = [name for name, check in checks.items() if not check["ok"]]
    assert ill == ["JupyterHub API", "Network isolation"]

    assert (await health(served))[0] == 200


async def test_without_docker_the_server_is_ill(serve: Serve, tmp_path: Path) -> None:
    nobody = DockerDaemon.connect(str(tmp_path / "docker.sock"), "test")

    status, checks = await health(await serve({"daemon": nobody}, network_isolation=False))

    assert status == 503
    assert {name: check["ok"] for name, check in checks.items()} == {
        "JupyterHub API": True,
        "Docker daemon": False,
        "Pod quota": False,
    }
    await nobody.close()


async def test_versions_can_be_read_from_any_page(serve: Serve) -> None:
    one_site = {"headers": {"access-control-allow-origin": "https://other.test"}}
    served = await serve(build_image="registry.test/builder:2", tornado_settings=one_site)

    answer = await served.get("/versions")

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.text) == {
        "builder_info": {"build_image": "registry.test/builder:2"},
        "binderhub": __version__,
        "builder": "registry.test/builder:2",
    }
    health = await served.get("/health")
    assert health.headers["Access-Control-Allow-Origin"] == "https://other.test"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/plain"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics"),
    ],
)
async def test_metrics_have_the_names_that_binderhubs_monitors_read(
    served: Served, accept: str, kind: str
) -> None:
    answer = await served.get("/metrics", headers={"Accept": accept})

    assert answer.headers["Content-Type"].startswith(kind)
    described = {line.split()[2] for line in answer.text.splitlines() if line.startswith("# TYPE")}
    counters = {"binderhub_build_count", "binderhub_launch_count"}
    if kind == "text/plain":
        counters = {f"{name}_total" for name in counters}
    assert described >= counters | {
        "binderhub_build_time_seconds",
        "binderhub_launch_time_seconds",
        "binderhub_inprogress_builds",
        "binderhub_inprogress_launches",
    }


async def test_a_failed_request_is_no_build_and_no_launch(served: Served) -> None:
    await served.events("/build/local/missing")

    metrics = (await served.get("/metrics")).text
    assert "binderhub_build_count_total{" not in metrics
    assert "binderhub_launch_count_total{" not in metrics


async def test_clients_can_ask_what_to_ask_for(serve: Serve) -> None:
    served = await serve(cors_allow_origin="https://other.test")

    answer = await served.get("/api/repoproviders")

    assert answer.headers["Access-Control-Allow-Origin"] == "https://other.test"
    providers = {provider["id"]: provider for provider in json.loads(answer.text)}
    assert list(providers) == list(PROVIDERS)
    for provider in providers.values():
        assert provider.keys() == {"id", "displayName", "spec", "detect", "repo", "ref"}
        assert provider["spec"].keys() == {"validateRegex"}
        assert provider["ref"].keys() == {"enabled", "default"}
        assert {"label", "placeholder"} <= provider["repo"].keys()


async def test_a_provider_goes_by_the_prefix_that_it_was_given(serve: Serve) -> None:
    from binderhub_lite.providers import GitHubRepoProvider

    served = await serve(repo_providers={"work": GitHubRepoProvider})

    (provider,) = json.loads((await served.get("/api/repoproviders")).text)

    assert (provider["id"], provider["displayName"]) == ("work", "GitHub")
    assert (await served.get("/v2/work/user/repo/HEAD")).status == 200
    assert (await served.get("/v2/gh/user/repo/HEAD")).status == 404


async def test_what_github_still_answers_is_a_metric(served: Served, github: GitHubApi) -> None:
    github.remaining = 41
    assert "binderhub_github_rate_limit_remaining NaN" in (await served.get("/metrics")).text

    await served.events("/build/gh/user/repo/no-such-ref")

    assert "binderhub_github_rate_limit_remaining 40.0" in (await served.get("/metrics")).text
