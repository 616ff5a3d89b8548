"""BinderHub for one machine with Docker."""

from ._version import __version__

__all__ = ["__version__"]
