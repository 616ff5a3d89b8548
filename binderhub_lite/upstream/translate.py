"""Turns a configuration in BinderHub's terms into one in ours."""

import copy
from collections.abc import Iterable, Iterator

from traitlets import TraitType
from traitlets.config import Config, Configurable

from .homes import INSTEAD, MOVED_TO

FOREIGN = {
    "KubeSpawner": "servers are started by DockerSpawner: see c.DockerSpawner and c.BinderSpawner",
}
"""Classes of other programs that have nothing to do here, and what happens instead."""


def translate(
    config: Config, classes: Iterable[type[Configurable]], command_line: Config
) -> tuple[Config, list[str]]:
    """The configuration with every moved option at its own place, and the warnings about it.

    The newer home of an option wins over the older one, but not over the command line.
    `classes` are all that have options.
    """
    result = copy.deepcopy(config)
    warnings = []
    for kind in classes:
        section = result.get(kind.__name__)
        if not section:
            continue
        for name, trait in _options_set(kind, section):
            value = section.pop(name)
            target = trait.metadata.get(MOVED_TO)
            if target:
                owner, option = target.split(".")
                if option not in command_line.get(owner, {}):
                    result[owner][option] = value
            else:
                warnings.append(_no_effect(f"{kind.__name__}.{name}", trait.metadata[INSTEAD]))
    warnings += [_no_effect(name, why) for name, why in FOREIGN.items() if result.get(name)]
    return result, warnings


def _options_set(
    kind: type[Configurable], section: Config
) -> Iterator[tuple[str, TraitType[object, object]]]:
    for name, trait in kind.class_traits(config=True).items():
        if name in section and {MOVED_TO, INSTEAD} & set(trait.metadata):
            yield name, trait


def _no_effect(option: str, instead: str) -> str:
    return f"c.{option} has no effect on one machine: {instead}."
