"""The idle culler, as the hub starts it: it ends with the hub, also where the hub is killed.

The first argument is the hub's process id; the others are the culler's own.
"""

import os
import runpy
import sys
import threading
import time

POLL_SECONDS = 1


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=[int(sys.argv.pop(1))], daemon=True).start()
    runpy.run_module("jupyterhub_idle_culler", run_name="__main__")
