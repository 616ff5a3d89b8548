"""Image → server: launches through JupyterHub, and the hub that comes along."""

from .hub_client import HubClient
from .launcher import Launcher, LaunchRequest, Server
from .quota import LaunchQuota, QuotaExceeded

__all__ = ["HubClient", "LaunchQuota", "LaunchRequest", "Launcher", "QuotaExceeded", "Server"]
