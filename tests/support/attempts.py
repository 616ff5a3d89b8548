"""Attempts to reach things, made from wherever this file is run with Python.

Its argument is JSON, a name for each target: [host, port], or the path of a socket. It prints
JSON: for each name "reached", or why not.
"""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 4


def attempt(target: "list | str") -> str:  # type: ignore[type-arg]
    try:
        if isinstance(target, str):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(SECONDS)
                connection.connect(target)
        else:
            socket.create_connection((target[0], target[1]), timeout=SECONDS).close()
    except OSError as error:
        return type(error).__name__
    return "reached"


if __name__ == "__main__":
    targets = json.loads(sys.argv[1])
    with ThreadPoolExecutor(len(targets)) as pool:
        outcomes = pool.map(attempt, targets.values())
        print("attempts " + json.dumps(dict(zip(targets, outcomes, strict=True))))
