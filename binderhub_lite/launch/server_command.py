"""What runs in a server's container: its command, arguments and environment."""

from collections.abc import Mapping
from typing import Any

# JupyterLab where the image has it, else the classic notebook; `exec` keeps it process 1's child.
START = (
    "for app in jupyter-lab jupyter-notebook; do "
    'command -v "$app" >/dev/null && exec "$app" "$@"; done; '
    'echo "This image has neither jupyter-lab nor jupyter-notebook." >&2; exit 127'
)

# With logins, it is the hub's own variant of the server, which asks the hub who comes.
START_WITH_LOGINS = (
    'command -v jupyterhub-singleuser >/dev/null && exec jupyterhub-singleuser "$@"; '
    'echo "This image has no jupyterhub-singleuser, which logins need: '
    'install jupyterhub in it." >&2; exit 127'
)

BINDER_VARIABLES = (
    "repo_url",
    "ref_url",
    "launch_host",
    "request",
    "persistent_request",
    "client_ip",
)


def command(*, logins: bool) -> list[str]:
    """The command behind the image's own entrypoint; arguments are put after it."""
    return ["sh", "-c", START_WITH_LOGINS if logins else START, "binder-server"]


def arguments(port: int, settings: Mapping[str, str]) -> list[str]:
    """Arguments of a server without logins, under their old and their new names."""
    return [
        "--ip=0.0.0.0",
        f"--port={port}",
        *(
            f"--{app}.{name}={value}"
            for app in ("NotebookApp", "ServerApp")
            for name, value in settings.items()
        ),
    ]


def environment(
    variables: Mapping[str, str], user_options: Mapping[str, Any], *, logins: bool
) -> dict[str, str]:
    """Of the hub's `variables` those that a server needs, and BinderHub's facts of the launch."""
    if logins:
        env = {**variables, "JUPYTERHUB_ALLOW_TOKEN_IN_URL": "1"}
    else:
        # A server that needs no login needs nothing of the hub, its token least of all.
        env = {name: value for name, value in variables.items() if not _is_hubs(name)}
    for name in BINDER_VARIABLES:
        value = user_options.get(f"binder_{name}", user_options.get(name, ""))
        env[f"BINDER_{name.upper()}"] = value
    return env


def _is_hubs(name: str) -> bool:
    return name.startswith(("JUPYTERHUB_", "JPY_", "CONFIGPROXY_"))
