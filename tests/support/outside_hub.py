"""A JupyterHub that somebody else runs."""

import secrets
import subprocess
import sys
from pathlib import Path

from binderhub_lite.isolation.rules import Rules
from binderhub_lite.launch.ports import free_port

from .instance import NAMESPACES, Running

TOKEN = secrets.token_hex(16)

# What the administrator of a hub adds to its configuration (docs/running.md says the same).
HUB_CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}/hubs/one/"
c.JupyterHub.hub_bind_url = "http://{hub_ip}:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.spawner_class = "binderhub-lite"
c.BinderSpawner.namespace = {namespace!r}
c.JupyterHub.services = [{service!r}]
{more}"""

WITHOUT_LOGINS = """
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.load_roles = [
    {"name": "binder", "scopes": ["admin:users", "servers"], "services": ["binder"]}
]
"""


class OutsideHub:
    """A JupyterHub that somebody else runs."""

    def __init__(
        self,
        folder: Path,
        service: dict[str, object],
        more: str = WITHOUT_LOGINS,
        hub_ip: str = "127.0.0.1",
    ) -> None:
        self.port = free_port()
        # BinderHub and the hub's spawner share one namespace, and with it a network.
        self.namespace = f"outside-{self.port}"
        NAMESPACES.add(self.namespace)
        self.url = f"http://127.0.0.1:{self.port}/hubs/one/"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "jupyterhub_config.py").write_text(
            HUB_CONFIG.format(
                port=self.port,
                hub_ip=hub_ip,
                hub_port=free_port(hub_ip),
                api_port=free_port(),
                proxy=str(Path(sys.executable).with_name("configurable-http-proxy")),
                namespace=self.namespace,
                more=more,
                service={
                    "name": "binder",
                    "api_token": TOKEN,
                    "environment": {"BUILD_NAMESPACE": self.namespace},
                    **service,
                },
            )
        )
        self.process = Running([sys.executable, "-m", "jupyterhub"], cwd=folder)
        self.process.wait_for_line("JupyterHub is now running at")

    def stop(self) -> None:
        self.process.stop()  # its servers end with it
        network = f"binderhub-lite-{self.namespace}"
        subprocess.run(["docker", "network", "rm", network], capture_output=True, check=False)
        # BinderHub, which ended while servers ran, has left their rules in place.
        subprocess.run(["sh", "-c", Rules(self.namespace).lifting_script], check=False)
