"""Misspelt names in a configuration are errors, each with the name that was meant."""

from collections.abc import Iterable
from difflib import get_close_matches

from traitlets import TraitError
from traitlets.config import Config, Configurable

ALMOST_THE_SAME = 0.9


def check_names(config: Config, classes: Iterable[type[Configurable]]) -> None:
    """Raise TraitError for an option that no class has, or a class that is almost one of ours.

    Sections of other classes pass: JupyterHub, spawners and authenticators read them.
    """
    by_name = _by_name(classes)
    for name, section in config.items():
        if not isinstance(section, Config):
            continue
        if name in by_name:
            _check_options(name, section, by_name[name])
        elif meant := meant_by(name, by_name):
            raise TraitError(f"There is no c.{name}: did you mean c.{meant}?")


def meant_by(name: str, known: Iterable[str]) -> str | None:
    """The known class that a section of this name is for, as it is or misspelt."""
    return next(iter(get_close_matches(name, known, 1, ALMOST_THE_SAME)), None)


def _by_name(classes: Iterable[type[Configurable]]) -> dict[str, list[type[Configurable]]]:
    """The classes that a section speaks to: a base's options are also its subclasses'."""
    by_name: dict[str, list[type[Configurable]]] = {}
    for kind in classes:
        for base in kind.__mro__:
            if issubclass(base, Configurable) and base is not Configurable:
                by_name.setdefault(base.__name__, []).append(kind)
    return by_name


def _check_options(section_name: str, section: Config, kinds: list[type[Configurable]]) -> None:
    options = {option for kind in kinds for option in kind.class_trait_names(config=True)}
    for option in section:
        if option in options:
            continue
        meant = get_close_matches(option, options, 1)
        hint = f"did you mean {meant[0]}?" if meant else "`binderhub-lite --help-all` lists them."
        raise TraitError(f"c.{section_name} has no option {option}: {hint}")
