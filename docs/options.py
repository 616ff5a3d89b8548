"""Writes docs/options.md from the options' own help texts.

Run by `make docs`; tests/test_docs.py says when it has to run again.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from traitlets import HasTraits, TraitType
from traitlets.traitlets import DefaultHandler

from binderhub_lite.app import BinderHub
from binderhub_lite.launch.spawner import BinderSpawner
from binderhub_lite.launch_command import LaunchApp
from binderhub_lite.upstream.homes import INSTEAD, MOVED_TO

PAGE = Path(__file__).with_suffix(".md")

IN_WORDS = {
    "a unicode string": "text",
    "an int": "a whole number",
    "a float": "a number",
    "a boolean": "True or False",
    "a dict": "a dictionary",
}

HEAD = """\
# Options

<!-- Made by `make docs` from the help texts in the code: change those, not this page. -->

Where they are written is told in [configuration.md](configuration.md). `binderhub-lite --help-all`
shows the same list, with the values that are set now.
"""


def documented() -> Iterator[tuple[str, type[HasTraits], list[type[HasTraits]]]]:
    """The sections of a configuration file, and for each the classes that its options are from."""
    groups = [
        kind
        for kind in BinderHub.__mro__
        if kind.__module__.startswith(("binderhub_lite.options.", "binderhub_lite.upstream."))
    ]
    yield "BinderHub", BinderHub, [*groups, BinderHub]
    yield "LaunchApp", LaunchApp, [LaunchApp]
    told: set[type[HasTraits]] = set()
    for kind in [*BinderHub.classes, BinderSpawner]:
        ours = [base for base in kind.__mro__ if base.__module__.startswith("binderhub_lite.")]
        # What all providers share stands under c.RepoProvider, once.
        yield kind.__name__, kind, [base for base in ours[::-1] if base not in told]
        told.update(ours)


def options_of(kind: type[HasTraits]) -> dict[str, TraitType]:
    """The options that the class itself adds, in the order of the code."""
    return {
        name: trait
        for name, trait in vars(kind).items()
        if isinstance(trait, TraitType) and trait.metadata.get("config")
    }


def depends_on_the_machine(kind: type[HasTraits], name: str) -> bool:
    """Whether a method of the class finds the default: then the help text has to tell it."""
    handlers = (value for base in kind.__mro__ for value in vars(base).values())
    return any(
        isinstance(handler, DefaultHandler) and handler.trait_name == name for handler in handlers
    )


def render() -> str:
    """The whole page."""
    sections = [HEAD, command_line()]
    for name, kind, sources in documented():
        own = [(source, found) for source in sources if (found := _in_force(kind, source))]
        if not own:
            continue
        sections.append(f"## c.{name}\n\n{summary(kind)}\n")
        for source, options in own:
            if len(own) > 2:
                title = summary(source).rstrip(".") if source is not kind else "The program itself"
                sections.append(f"### {title}\n")
            sections.extend(option(name, kind, each, trait) for each, trait in options.items())
    return "\n".join(sections)


def _in_force(kind: type[HasTraits], source: type[HasTraits]) -> dict[str, TraitType]:
    """The options that the source adds and no class between it and `kind` replaces."""
    own = options_of(source).items()
    return {name: trait for name, trait in own if getattr(kind, name) is trait}


def summary(kind: type[HasTraits]) -> str:
    return inspect.getdoc(kind).splitlines()[0]


def option(section: str, kind: type[HasTraits], name: str, trait: TraitType) -> str:
    if {MOVED_TO, INSTEAD} & set(trait.metadata):
        return f"**`c.{section}.{name}`**  \n{prose(trait.help)}\n"
    facts = IN_WORDS.get(trait.info(), trait.info())
    if trait.default_value or not depends_on_the_machine(kind, name):
        facts += f", default `{trait.default_value_repr()}`"
    return f"**`c.{section}.{name}`** ({facts})  \n{prose(trait.help)}\n"


def prose(text: str) -> str:
    """Markdown would take `<script>` for HTML."""
    return re.sub(r"(?<!`)(<[^>]+>)(?!`)", r"`\1`", " ".join(text.split()))


def command_line() -> str:
    rows = ["| On the command line | in a file |", "| --- | --- |"]
    for names, target in {**BinderHub.aliases, **LaunchApp.aliases}.items():
        spelled = (names,) if isinstance(names, str) else sorted(names, key=len)
        written = ", ".join(f"`-{each}`" if len(each) == 1 else f"`--{each}`" for each in spelled)
        rows.append(f"| {written} | `c.{target}` |")
    for name, (setting, _) in {**BinderHub.flags, **LaunchApp.flags}.items():
        ((section, values),) = setting.items()
        ((trait, value),) = values.items()
        rows.append(f"| `--{name}` | `c.{section}.{trait} = {value!r}` |")
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    PAGE.write_text(render())
    print(f"Wrote {PAGE}")
