"""The packaged configuration of the embedded hub.

Reads the settings that EmbeddedHub wrote, then the user's own configuration file for
`c.JupyterHub`, `c.DockerSpawner`, `c.Authenticator` and the like.
"""

import json
import os
import sys
from pathlib import Path

from binderhub_lite.launch.embedded_hub import SETTINGS_VARIABLE

c = get_config()  # type: ignore[name-defined]  # noqa: F821
settings = json.loads(Path(os.environ[SETTINGS_VARIABLE]).read_text())
data_dir = Path(settings["data_dir"])

# What the user's file may change.
c.JupyterHub.log_level = settings["log_level"]
c.JupyterHub.spawner_class = "binderhub-lite"
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.concurrent_spawn_limit = 100
c.NullAuthenticator.any_allow_config = True
c.BinderSpawner.cors_allow_origin = settings["cors_allow_origin"]
c.BinderSpawner.ca_bundle = settings["ca_bundle"]

if settings["config_file"]:
    load_subconfig(settings["config_file"])  # type: ignore[name-defined]  # noqa: F821

# What this instance's frame rests on.
c.BinderSpawner.client_kwargs = {"base_url": settings["docker_url"]}
c.BinderSpawner.namespace = settings["namespace"]
c.BinderSpawner.auth_enabled = settings["auth_enabled"]
c.JupyterHub.bind_url = settings["bind_url"]
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{settings['hub_port']}"
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.db_url = f"sqlite:///{data_dir / 'jupyterhub.sqlite'}"
# After an upgrade of JupyterHub nobody is there to run `jupyterhub upgrade-db`.
c.JupyterHub.upgrade_db = True
c.JupyterHub.cookie_secret_file = str(data_dir / "jupyterhub_cookie_secret")
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = settings["proxy_api_url"]
c.ConfigurableHTTPProxy.auth_token = settings["proxy_token"]
# A launch is answered at once and followed by its progress stream.
c.JupyterHub.tornado_settings.update({"slow_spawn_timeout": 0})

c.JupyterHub.services.extend(
    [
        {"name": "binder", "api_token": settings["binder_token"]},
        {
            "name": "idle-culler",
            "command": [
                sys.executable,
                "-m",
                "jupyterhub_idle_culler",
                f"--timeout={settings['idle_timeout']}",
                f"--cull-every={max(1, min(300, settings['idle_timeout'] // 2))}",
                *([] if settings["auth_enabled"] else ["--cull-users=True"]),
            ],
        },
    ]
)
c.JupyterHub.load_roles.extend(
    [
        {
            "name": "binder",
            "scopes": ["admin:users", "admin:servers"],
            "services": ["binder"],
        },
        {
            "name": "idle-culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"]
            + ([] if settings["auth_enabled"] else ["admin:users"]),
            "services": ["idle-culler"],
        },
    ]
)
