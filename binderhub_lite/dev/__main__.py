"""`python -m binderhub_lite.dev`: serve the pages with made-up launches until Ctrl-C."""

import sys

from ..cli import run

try:
    from .app import DevApp
except ModuleNotFoundError as error:
    if error.name != "watchfiles":
        raise
    sys.exit("binderhub-lite.dev: it needs watchfiles: pip install 'binderhub-lite[dev]'")

run(DevApp)
