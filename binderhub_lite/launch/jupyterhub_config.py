"""The packaged configuration of the embedded hub.

Reads the settings that EmbeddedHub wrote, then the user's own configuration file for
`c.JupyterHub`, `c.DockerSpawner`, `c.Authenticator` and the like.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from binderhub_lite.launch import culler
from binderhub_lite.launch.embedded_hub import SETTINGS_VARIABLE
from binderhub_lite.upstream.modules import binderhub_modules

USER_SCOPES = [
    "access:services!service=binder",
    "access:servers!user",
    "read:servers!user",
    "delete:servers!user",
    "read:users!user",
    "tokens!user",
    "users:activity!user",  # for their servers, whose tokens can do no more than they
]


def commit_without_waiting(connection: Any, _: object) -> None:
    """A launch is some twenty commits, each of which would wait for the disk.

    A power cut may lose the last of them, but does no harm to the database.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


c = get_config()  # type: ignore[name-defined]  # noqa: F821
settings = json.loads(Path(os.environ[SETTINGS_VARIABLE]).read_text())
data_dir = Path(settings["data_dir"])

# What the user's file may change.
c.JupyterHub.log_level = settings["log_level"]
c.JupyterHub.spawner_class = "binderhub-lite"
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.concurrent_spawn_limit = 100
c.JupyterHub.load_roles = []
# Ours is random: to stretch it at each request would only take time.
c.JupyterHub.trust_user_provided_tokens = True
c.NullAuthenticator.any_allow_config = True
c.BinderSpawner.cors_allow_origin = settings["cors_allow_origin"]
c.BinderSpawner.ca_bundle = settings["ca_bundle"]
if settings["hub_url_for_servers"]:
    c.BinderSpawner.hub_connect_url = settings["hub_url_for_servers"]
if settings["auth_enabled"]:
    # Servers start from links. The hub's own pages could only start one of no repository.
    c.JupyterHub.redirect_to_server = False
    c.JupyterHub.default_url = settings["base_url"]
    c.JupyterHub.allow_named_servers = settings["named_servers"]
    c.JupyterHub.template_paths = [settings["hub_templates"]]
    c.JupyterHub.template_vars = {"binder_url": settings["base_url"]}

if settings["config_file"]:
    with binderhub_modules():
        load_subconfig(settings["config_file"])  # type: ignore[name-defined]  # noqa: F821

# What this instance's frame rests on.
c.BinderSpawner.client_kwargs = {"base_url": settings["docker_url"]}
c.BinderSpawner.namespace = settings["namespace"]
c.BinderSpawner.auth_enabled = settings["auth_enabled"]
c.BinderSpawner.names_of_the_host = settings["extra_hosts"]
c.JupyterHub.bind_url = settings["bind_url"]
c.JupyterHub.hub_bind_url = settings["hub_bind_url"]
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.db_url = f"sqlite:///{data_dir / 'jupyterhub.sqlite'}"
event.listen(Engine, "connect", commit_without_waiting)
# After an upgrade of JupyterHub nobody is there to run `jupyterhub upgrade-db`.
c.JupyterHub.upgrade_db = True
c.JupyterHub.cookie_secret_file = str(data_dir / "jupyterhub_cookie_secret")
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = settings["proxy_api_url"]
c.ConfigurableHTTPProxy.auth_token = settings["proxy_token"]
# A launch is answered at once and followed by its progress stream.
c.JupyterHub.tornado_settings.update({"slow_spawn_timeout": 0})

binder = {"name": "binder", "api_token": settings["binder_token"]}
binder_scopes = ["servers"]
culling = [
    sys.executable,
    "-P",  # our modules are no top-level ones
    culler.__file__,
    str(os.getpid()),
    f"--timeout={settings['idle_timeout']}",
    f"--cull-every={max(1, min(300, settings['idle_timeout'] // 2))}",
]
culler_scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
roles = c.JupyterHub.load_roles
if settings["auth_enabled"]:
    binder |= {
        "oauth_client_id": settings["oauth_client_id"],
        "oauth_redirect_uri": settings["oauth_redirect_uri"],
        "oauth_no_confirm": True,
    }
    culling.append("--remove-named-servers=True")
    if not any(role["name"] == "user" for role in roles):
        roles.append({"name": "user", "scopes": USER_SCOPES})
else:
    binder_scopes.append("admin:users")
    culling.append("--cull-users=True")
    culler_scopes.append("admin:users")

c.JupyterHub.services.extend([binder, {"name": "idle-culler", "command": culling}])
roles.extend(
    [
        {"name": "binder", "scopes": binder_scopes, "services": ["binder"]},
        {"name": "idle-culler", "scopes": culler_scopes, "services": ["idle-culler"]},
    ]
)
