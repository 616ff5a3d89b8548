"""How the program is configured: where its options are written, and what of them is wrong."""

import logging
from pathlib import Path
from typing import Any

from traitlets import Bool, Enum, Unicode
from traitlets.config import Application, Config
from traitlets.config.loader import LazyConfigValue

from ..events import BinderError
from ..upstream import binderhub_modules, check_names, meant_by, translate
from .command_line import CommandLine

SPAWNERS = ("BinderSpawner", "DockerSpawner", "Spawner")


class ConfiguredApplication(Application):
    """The configuration file and the log."""

    config_file = Unicode(
        "binderhub_config.py",
        help="Configuration file to load; a relative path starts at the current directory.",
    ).tag(config=True)
    generate_config = Bool(False, help="Write a configuration file, and end.").tag(config=True)
    log_level = Enum(
        Application.log_level.values,
        default_value=logging.INFO,
        help="Log messages of this level and above: a number, or a name such as WARN, "
        "with which `binderhub-lite launch` begins.",
    ).tag(config=True)
    log_format = Unicode(
        "[%(levelname)1.1s %(asctime)s] %(message)s",
        help="What a line of the log looks like, in the terms of Python's logging.",
    ).tag(config=True)
    log_datefmt = Unicode(
        Application.log_datefmt.default_value,
        help="What the time in a line of the log looks like, in the terms of strftime.",
    ).tag(config=True)
    debug = Bool(False, help="Log everything.").tag(config=True)

    def _create_loader(
        self, argv: list[str] | None, aliases: Any, flags: Any, classes: Any
    ) -> CommandLine:
        return CommandLine(
            argv, aliases, flags, classes=classes, log=self.log, subcommands=self.subcommands
        )

    def update_config(self, config: Config) -> None:
        """Take in what the command line or a file says, with BinderHub's names made ours.

        Raises TraitError for a misspelt name.
        """
        its_own = (*_providers_of_its_own(config), *_spawner_of_our_hub(config))
        classes = {type(self), *self.classes, *its_own}
        check_names(config, classes)
        config, warnings = translate(config, classes, self.cli_config)
        for warning in warnings:
            self.log.warning(warning)
        super().update_config(config)

    @property
    def config_path(self) -> Path | None:
        """The configuration file that is used; None when there is none."""
        path = Path(self.config_file).expanduser().absolute()
        return path if path.is_file() else None

    def load_configuration(self) -> None:
        """Load the configuration file, if there is one.

        Raises BinderError when it cannot be loaded, or is not there though it was asked for.
        """
        path = self.config_path
        if path is not None:
            self._load(path)
        elif "config_file" in self.cli_config.BinderHub:
            raise BinderError(f"There is no configuration file {self.config_file!r}.")

    def _load(self, path: Path) -> None:
        try:
            with binderhub_modules():
                self.load_config_file(path.name, path=str(path.parent))
        except Exception as error:
            where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            raise BinderError(
                f"The configuration file {path} cannot be loaded: "
                f"{type(error).__name__}{where}: {error}"
            ) from error

    def write_config_file(self) -> None:
        """Write one that shows every option. Raises BinderError rather than replace a file."""
        path = Path(self.config_file)
        if path.exists():
            raise BinderError(
                f"{path} is already there: move it away, or name another file with --config."
            )
        path.write_text(self.generate_config_file())
        print(f"Wrote {path}")


def _providers_of_its_own(config: Config) -> list[type]:
    """The classes that a configuration has among `c.BinderHub.repo_providers`."""
    providers = config.BinderHub.get("repo_providers", {})
    if isinstance(providers, LazyConfigValue):  # `.update({…})` of what the default will be
        providers = providers.to_dict().get("update", {})
    values = providers.values() if isinstance(providers, dict) else ()
    return [kind for kind in values if isinstance(kind, type)]


def _spawner_of_our_hub(config: Config) -> list[type]:
    """What starts servers, where a configuration speaks of it: its import takes half a second."""
    if not any(meant_by(name, SPAWNERS) for name in config):
        return []
    try:
        from ..launch.spawner import BinderSpawner
    except ImportError:  # the hub side is not installed
        return []
    return [BinderSpawner]
