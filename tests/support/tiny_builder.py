"""A builder image that builds nothing, at once: for tests of everything around a build."""

import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

QUICK = "tiny-builder:quick"
SLOW = "tiny-builder:slow"

# Says one line, then gives the wanted image a name: its own is good enough.
SCRIPT = """#!/bin/sh
for argument in "$@"; do case $argument in --image=*) image=${{argument#--image=}};; esac; done
echo '{{"phase": "building", "message": "begun"}}'
{work}
docker tag {own_name} "$image"
"""


def import_tiny_builders(docker_host: str = "") -> None:
    """Make both images, unless they are there: one ends at once, one never."""
    docker = ["docker", *([f"--host={docker_host}"] if docker_host else [])]
    for name, work in [(QUICK, ":"), (SLOW, "sleep 10000")]:
        content = _root_file_system(SCRIPT.format(work=work, own_name=name))
        digest = hashlib.sha256(content).hexdigest()
        look = [*docker, "inspect", "--format={{.Config.Labels.content}}", name]
        found = subprocess.run(look, capture_output=True, text=True, check=False)
        if found.stdout.strip() != digest:
            make = [*docker, "import", f"--change=LABEL content={digest}", "-", name]
            subprocess.run(make, input=content, check=True, capture_output=True)


def _root_file_system(script: str) -> bytes:
    """A tar of a shell, sleep, Docker's command and the libraries that they need."""
    programs = [_program(name) for name in ("sh", "sleep", "docker")]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for directory in ("tmp", "bin", "binderhub-lite", "etc/ssl/certs"):
            info = tarfile.TarInfo(directory)
            info.type, info.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(info)
        for program in programs:
            tar.add(program.resolve(), arcname=f"bin/{program.name}")
        for library in sorted({each for program in programs for each in _libraries(program)}):
            tar.add(Path(library).resolve(), arcname=library.lstrip("/"))
        info = tarfile.TarInfo("bin/jupyter-repo2docker")
        info.size, info.mode = len(script.encode()), 0o755
        tar.addfile(info, io.BytesIO(script.encode()))
    return buffer.getvalue()


def _program(name: str) -> Path:
    found = shutil.which(name)
    assert found, f"these tests need {name}"
    return Path(found)


def _libraries(program: Path) -> list[str]:
    run = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    words = run.stdout.split() if run.returncode == 0 else []
    return [word for word in words if word.startswith("/")]
