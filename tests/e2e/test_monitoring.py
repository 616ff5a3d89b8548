"""What monitors read from a running instance."""

import json

from ..support.git_server import GitServer
from ..support.instance import BinderProcess, get


async def test_launches_and_builds_are_counted(
    binder: BinderProcess, git_server: GitServer
) -> None:
    before = await _metrics(binder)
    repo = git_server.repo("counted")
    await binder.launch(repo.spec)
    await binder.launch(repo.spec)
    await binder.launch(f"git/{repo.escaped}/nosuchref")
    after = await _metrics(binder)

    def grown(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    labels = f'{{provider="Git",repo="{repo.url}",status="success"}}'
    assert grown(f"binderhub_build_count_total{labels}") == 1
    assert grown(f"binderhub_launch_count_total{labels}") == 2
    assert grown('binderhub_build_time_seconds_count{status="success"}') == 1
    assert grown('binderhub_launch_time_seconds_count{retries="0",status="success"}') == 2
    assert after["binderhub_inprogress_builds"] == 0
    assert after["binderhub_inprogress_launches"] == 0


async def _metrics(binder: BinderProcess) -> dict[str, float]:
    _, text = await get(f"{binder.url}metrics")
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


async def test_health_counts_containers(binder: BinderProcess, git_server: GitServer) -> None:
    await binder.launch(git_server.repo("healthy").spec)
    status, text = await get(f"{binder.url}health")
    health = json.loads(text)
    assert status == 200
    assert health["ok"] is True
    assert {"service": "Network isolation", "ok": True} in health["checks"]
    quota = next(check for check in health["checks"] if check["service"] == "Pod quota")
    assert quota["user_pods"] == len(binder.containers("server"))
    assert quota["total_pods"] == quota["user_pods"] + quota["build_pods"]
    assert quota["user_pods"] >= 1


async def test_versions(binder: BinderProcess) -> None:
    status, text = await get(f"{binder.url}versions")
    versions = json.loads(text)
    assert status == 200
    assert versions["builder"] == versions["builder_info"]["build_image"]
    assert versions["builder"].startswith("quay.io/jupyterhub/repo2docker:")
