"""What configuration files written for a big BinderHub say, and what it means here."""

from .homes import UPSTREAM_CLASSES, ClusterOptions, HubOAuthOptions
from .modules import binderhub_modules
from .names import check_names
from .translate import translate

__all__ = [
    "UPSTREAM_CLASSES",
    "ClusterOptions",
    "HubOAuthOptions",
    "binderhub_modules",
    "check_names",
    "translate",
]
