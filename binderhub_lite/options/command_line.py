"""The command line, where a misspelt option is an error."""

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

from traitlets import TraitError
from traitlets.config.loader import KVArgParseConfigLoader


class CommandLine(KVArgParseConfigLoader):
    """As traitlets reads it, which would go on without an option that there is not."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # argparse's own word on usage spells out every alias with its class.
        super().__init__(*arguments, usage="%(prog)s [options]; --help lists them", **options)

    def _parse_args(self, args: Sequence[str]) -> None:
        """Raises TraitError for an option that no program of ours has."""
        names = self._names()
        for option in takewhile(lambda each: each != "--", args):
            name = option.partition("=")[0].lstrip("-")
            # With a dot it is c.{class}.{option}; others look after those, or the hub does.
            if option.startswith("-") and name and "." not in name and name not in names:
                meant = get_close_matches(name, names, 1)
                hint = f"did you mean --{meant[0]}?" if meant else "--help lists them."
                raise TraitError(f"There is no option {option.partition('=')[0]}: {hint}")
        super()._parse_args(args)

    def _names(self) -> list[str]:
        """Aliases and flags, without their dashes."""
        keys: list[str | tuple[str, ...]] = [*self.aliases, *self.flags]
        return [name for key in keys for name in ([key] if isinstance(key, str) else key)]
