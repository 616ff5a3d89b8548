"""The pages' modules that need no page, tested by Node's own test runner."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def test_modules() -> None:
    # Where the machine has no Node, the virtual environment has.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    tests = sorted(FOLDER.glob("*.test.mjs"))
    run = subprocess.run(
        ["node", "--test", *tests],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
