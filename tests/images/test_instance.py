"""A running server looks after its disk."""

import asyncio
import re
import subprocess
import time
from pathlib import Path

from binderhub_lite.launch.data_dir import DataDir

from ..support.git_server import GitServer
from ..support.instance import PROGRAM, BinderProcess, Running, docker, get
from .conftest import SmallDocker, hours_ago


def listed(binder: BinderProcess) -> list[list[str]]:
    """What `binderhub-lite images` says about a server's images."""
    run = subprocess.run(
        [*PROGRAM, "images", f"--config={binder.config_file}", f"--data-dir={binder.folder}/data"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split("\t") for line in run.stdout.splitlines()[1:]]


async def test_it_makes_room_while_it_serves(small: SmallDocker, tmp_path: Path) -> None:
    namespace = "busy"
    data = tmp_path / "data"
    data.mkdir()
    DataDir(data).write("launches.json", dict(hours_ago(old=30, new=20)))
    small.image("old", 40, namespace=namespace)
    small.image("new", 40, namespace=namespace)
    binder = BinderProcess(
        tmp_path,
        namespace=namespace,
        config=f"c.BinderHub.build_docker_host = {small.daemon.url!r}\n"
        "c.BinderHub.image_gc_interval = 1\n"
        "c.BinderHub.image_gc_high = 50\n"
        "c.BinderHub.image_gc_low = 45\n",
    ).wait_until_ready()
    small.fill(40)

    line = await asyncio.to_thread(binder.wait_for_line, "Removed the image of")

    assert "https://example.org/old at 1" in line
    assert [row[0] for row in listed(binder)] == ["https://example.org/new"]
    _, text = await get(f"{binder.url}metrics")
    assert "binderhub_images_removed_total 1.0" in text
    assert re.search(r"binderhub_image_bytes_removed_total 4\.\d+e\+07", text)
    assert re.search(r"binderhub_docker_disk_use_ratio 0\.4", text)
    assert binder.stop() == 0


async def test_a_launch_is_remembered_after_kill_9(git_server: GitServer, tmp_path: Path) -> None:
    binder = BinderProcess(tmp_path).wait_until_ready()
    repo = git_server.repo("remembered")
    before = time.strftime("%Y-%m-%d %H:%M")
    assert (await binder.launch(repo.spec))[-1]["phase"] == "ready"

    binder.process.kill()
    binder.process.wait()

    ((url, ref, _, launched, used_by),) = listed(binder)
    assert (url, ref) == (repo.url, repo.commit)
    assert launched >= before
    assert used_by == "container"
    again = BinderProcess(tmp_path, port=binder.port, namespace=binder.namespace)
    again.wait_until_ready()
    assert again.stop() == 0  # and so everything is taken down
    assert binder.containers("server") == []


async def test_an_image_says_from_what_it_was_built(
    git_server: GitServer, binder: BinderProcess
) -> None:
    repo = git_server.repo("labelled")
    ready = (await binder.launch(repo.spec))[-1]

    assert ready["phase"] == "ready", ready
    labels = docker("inspect", ready["image"], "--format={{json .Config.Labels}}")

    for name, value in {
        "namespace": binder.namespace,
        "image": ready["image"],
        "provider": "git",
        "spec": repo.spec.removeprefix("git/"),
        "repo_url": repo.url,
        "ref": repo.commit,
    }.items():
        assert f'"binderhub-lite.{name}":"{value}"' in labels
    assert "binderhub-lite.component" not in labels


def test_a_setting_that_makes_no_sense_is_one_sentence(tmp_path: Path) -> None:
    run = Running([*PROGRAM, f"--data-dir={tmp_path}", "--BinderHub.image_gc_keep=['(']"])

    assert run.process.wait(30) == 1
    run.wait_for_line("image_gc_keep: '(' is no regular expression")
    assert len(run.lines) == 1
