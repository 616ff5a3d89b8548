"""What configuration files written for a big BinderHub say, and what it means here."""

from .homes import UPSTREAM_CLASSES, ClusterOptions, HubAuth
from .modules import binderhub_modules
from .names import check_names, meant_by
from .translate import translate

__all__ = [
    "UPSTREAM_CLASSES",
    "ClusterOptions",
    "HubAuth",
    "binderhub_modules",
    "check_names",
    "meant_by",
    "translate",
]
