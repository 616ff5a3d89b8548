"""The `binderhub-lite` command."""

import os
import sys
from collections.abc import Sequence

from traitlets import TraitError

from .app import BinderHub
from .events import BinderError


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    run(BinderHub, argv)


def run(kind: type[BinderHub], argv: Sequence[str] | None = None) -> None:
    """Run an application; trouble that people can mend is one sentence and status 1."""
    try:
        app = kind.instance()
        app.initialize(list(argv) if argv is not None else None)
        app.start()
    except (BinderError, TraitError) as error:
        print(f"binderhub-lite: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # who reads what we print has read enough: `--help-all | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
