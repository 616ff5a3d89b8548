"""Every option of `c.BinderHub`, grouped, with its help text (shown by --help-all and the docs)."""

from .build import BuildOptions
from .configured import ConfiguredApplication
from .disk import DiskOptions
from .hub import HubOptions
from .isolation import IsolationOptions
from .limits import LimitOptions
from .page import PageOptions
from .request import RequestOptions
from .server import ServerOptions

__all__ = [
    "BuildOptions",
    "ConfiguredApplication",
    "DiskOptions",
    "HubOptions",
    "IsolationOptions",
    "LimitOptions",
    "PageOptions",
    "RequestOptions",
    "ServerOptions",
]
