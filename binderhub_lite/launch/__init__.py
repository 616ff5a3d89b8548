"""Image → server: launches through JupyterHub, and the hub that comes along."""

from .hub_client import HubClient
from .launcher import Launcher, LaunchRequest, Server

__all__ = ["HubClient", "LaunchRequest", "Launcher", "Server"]
