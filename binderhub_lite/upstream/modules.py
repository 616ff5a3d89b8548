"""`import binderhub` in a configuration file finds what we have under that name."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, ModuleType
from typing import Any

OURS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "binderhub": ("binderhub_lite",),
        "binderhub.app": ("binderhub_lite.app",),
        "binderhub.build": ("binderhub_lite.upstream.homes",),
        "binderhub.build_local": ("binderhub_lite.upstream.homes",),
        "binderhub.events": ("binderhub_lite.event_log",),
        "binderhub.health": ("binderhub_lite.upstream.homes",),
        "binderhub.launcher": ("binderhub_lite.launch",),
        "binderhub.quota": ("binderhub_lite.launch", "binderhub_lite.upstream.homes"),
        "binderhub.ratelimit": ("binderhub_lite.web.rate_limit",),
        "binderhub.registry": ("binderhub_lite.upstream.homes",),
        "binderhub.repoproviders": ("binderhub_lite.providers",),
    }
)
"""BinderHub's modules, and where we keep what configuration files import from them."""


class _Alias(ModuleType):
    """Looks a name up in our modules when it is asked for, so that nothing is loaded in vain."""

    def __init__(self, name: str, ours: tuple[str, ...]) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # a package: "binderhub" has modules
        self._ours = ours

    def __getattr__(self, name: str) -> Any:
        for module in map(importlib.import_module, self._ours):
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"{self.__name__} has no {name} here")


@contextmanager
def binderhub_modules() -> Iterator[None]:
    """While the block runs, imports from `binderhub` are ours, even if BinderHub is installed."""
    theirs = {name: module for name, module in sys.modules.items() if _is_binderhub(name)}
    aliases = {name: _Alias(name, ours) for name, ours in OURS.items()}
    for name in theirs:
        del sys.modules[name]
    sys.modules.update(aliases)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _is_binderhub(name)]:
            del sys.modules[name]
        sys.modules.update(theirs)


def _is_binderhub(module: str) -> bool:
    return module == "binderhub" or module.startswith("binderhub.")
