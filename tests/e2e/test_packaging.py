"""What pip builds from a checkout is whole: the command, the pages and the bundled front end."""

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from binderhub_lite import __version__

from ..support.instance import BinderProcess, get

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as a wheel installs it, built from a copy as git would clone it."""
    checkout = tmp_path_factory.mktemp("checkout")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", f"--target={target}"]
    subprocess.run([*pip, str(checkout)], check=True)
    return target


async def test_the_installed_package_serves_its_pages(installed: Path, tmp_path: Path) -> None:
    binder = BinderProcess(tmp_path, environment={"PYTHONPATH": str(installed)})
    binder.wait_until_ready()
    for path in ("about", "badge.svg", "v2/gh/user/repo/HEAD", ""):
        status, page = await get(binder.url + path)
        assert status == 200
        for bundled in re.findall(r"/static/(dist/[^\"]+)", page):
            assert (await get(f"{binder.url}static/{bundled}"))[0] == 200
    assert "static/dist/home-" in page
    await asyncio.to_thread(binder.stop)


def test_the_command_is_the_installed_one(installed: Path) -> None:
    run = subprocess.run(
        [installed / "bin" / "binderhub-lite", "--version"],
        env={"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == __version__
    assert (installed / "binderhub_lite" / "templates" / "page.html").is_file()
    assert not (installed / "binderhub_lite" / "static" / "js").exists()
