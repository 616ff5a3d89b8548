"""`python -m binderhub_lite.dev`: serve the pages with made-up launches until Ctrl-C."""

from ..cli import run
from .app import DevApp

run(DevApp)
