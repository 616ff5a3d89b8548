"""The documentation keeps up with the code."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from binderhub_lite.scenarios import SCENARIOS
from docs import options

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)")


def test_the_list_of_options_is_current() -> None:
    assert options.PAGE.read_text() == options.render(), "run `make docs`"


def test_every_option_has_a_help_text() -> None:
    for section, name, trait in every_option():
        assert trait.help.strip(), f"c.{section}.{name}"


def test_a_default_that_the_machine_decides_is_explained() -> None:
    for section, kind, sources in options.documented():
        for source in sources:
            for name, trait in options.options_of(source).items():
                if not trait.default_value and options.depends_on_the_machine(kind, name):
                    assert "Default: " in trait.help or section == "BinderSpawner", name


def every_option() -> Iterator[tuple[str, str, options.TraitType]]:
    for section, _, sources in options.documented():
        for source in sources:
            for name, trait in options.options_of(source).items():
                yield section, name, trait


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        file = (page.parent / unquote(target)).resolve() if target else page
        assert file.exists(), f"{page.name} → {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} → {target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_that_pages_speak_of_exist(page: Path) -> None:
    known = {
        f"c.{section}.{name}"
        for section, kind, _ in options.documented()
        for name in kind.class_traits(config=True)  # those of its base classes, too
    }
    ours = "|".join({section for section, _, _ in options.documented()} - {"BinderSpawner"})
    for mentioned in re.findall(rf"\bc\.(?:{ours})\.\w+", page.read_text()):
        assert mentioned in known, f"{page.name}: {mentioned}"


def test_designers_are_told_of_every_block_and_every_made_up_launch() -> None:
    page = (ROOT / "docs/pages.md").read_text()
    for template in sorted((ROOT / "templates").glob("*.html")):
        for block in re.findall(r"{% block (\w+)", template.read_text()):
            assert f"`{block}`" in page, f"{template.name}: {block}"
    for scenario in SCENARIOS:
        assert f"`/v2/fake/{scenario}`" in page


@pytest.mark.parametrize(
    "picture", sorted((ROOT / "docs/images").glob("*.png")), ids=lambda p: p.name
)
def test_pictures_are_light(picture: Path) -> None:
    assert picture.stat().st_size < 200_000
