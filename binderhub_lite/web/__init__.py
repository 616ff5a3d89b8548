"""The HTTP surface: routes, the event stream, pages and status."""

from .routes import make_application
from .site import Site

__all__ = ["Site", "make_application"]
