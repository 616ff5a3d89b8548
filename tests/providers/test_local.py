"""Directories of this machine: what is their content, and which may be launched."""

import contextlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from traitlets.config import Config

from binderhub_lite.events import BinderError
from binderhub_lite.providers import LocalRepoProvider
from binderhub_lite.providers.base import NotFound
from binderhub_lite.providers.directory import content_files, content_ref

from ..support.git_server import git
from ..support.refusals import refusal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


@pytest.fixture
def folder(root: Path) -> Path:
    folder = root / "hello"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text("b")
    return folder


@pytest.fixture
def checkout(folder: Path) -> Path:
    (folder / ".gitignore").write_text("*.log\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit_all(folder)
    return folder


def commit_all(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "test")
    return git(folder, "rev-parse", "HEAD")


def local(root: Path, spec: str) -> LocalRepoProvider:
    return LocalRepoProvider(config=Config({"LocalRepoProvider": {"root": str(root)}}), spec=spec)


async def test_a_directory_is_a_repository_without_a_server(root: Path, folder: Path) -> None:
    repo = await local(root, "hello").resolve("local")

    assert (repo.provider, repo.resolved_spec) == ("local", "hello")
    assert repo.url == f"file://{folder}"
    assert repo.slug == "local-hello"
    assert repo.content_provider == "Local"
    assert repo.ref == content_ref(folder)
    assert repo.open_archive is not None
    with await repo.open_archive() as opened, tarfile.open(fileobj=opened) as tar:
        assert tar.getnames() == ["a.txt", "sub/b.txt"]
        content = tar.extractfile("sub/b.txt")
        assert content is not None
        assert content.read() == b"b"


Change = Callable[[Path], object]

CHANGES: dict[str, Change] = {
    "a new file": lambda folder: (folder / "new").write_text(""),
    "a changed file": lambda folder: (folder / "a.txt").write_text("A"),
    "a removed file": lambda folder: (folder / "a.txt").unlink(),
    "a renamed file": lambda folder: (folder / "a.txt").rename(folder / "c.txt"),
    "a file that became executable": lambda folder: (folder / "a.txt").chmod(0o755),
    "content that moved": lambda folder: (
        (folder / "a.txt").write_text("b"),
        (folder / "sub" / "b.txt").write_text("a"),
    ),
    "a symlink": lambda folder: (folder / "link").symlink_to("a.txt"),
    "a symlink to a directory": lambda folder: (folder / "link").symlink_to("sub"),
    "a hidden file": lambda folder: (folder / ".hidden").write_text(""),
}


@pytest.mark.parametrize("kind", ["folder", "checkout"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_ref_changes_when_the_content_does(
    kind: str, change: Change, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(kind)
    before = content_ref(path)
    assert content_ref(path) == before

    change(path)

    after = content_ref(path)
    assert after != before
    assert len(after) == 40


def test_a_symlink_counts_by_where_it_leads(folder: Path) -> None:
    link = folder / "link"
    link.symlink_to("a.txt")
    before = content_ref(folder)
    link.unlink()
    link.symlink_to("sub/b.txt")

    assert content_ref(folder) != before


IRRELEVANT: dict[str, Change] = {
    "time": lambda folder: os.utime(folder / "a.txt", (0, 0)),
    "a cache": lambda folder: touch(folder / "sub" / "__pycache__" / "x.pyc"),
    "checkpoints": lambda folder: touch(folder / ".ipynb_checkpoints" / "x.ipynb"),
    "a virtual environment": lambda folder: touch(folder / ".venv" / "bin" / "python"),
    "an empty directory": lambda folder: (folder / "empty").mkdir(),
}


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()


@pytest.mark.parametrize("change", IRRELEVANT.values(), ids=IRRELEVANT)
def test_what_is_no_content_does_not_change_the_ref(folder: Path, change: Change) -> None:
    before = content_ref(folder)

    change(folder)

    assert content_ref(folder) == before


def test_two_directories_of_the_same_content_have_the_same_ref(root: Path, folder: Path) -> None:
    twin = root / "twin"
    (twin / "sub").mkdir(parents=True)
    (twin / "sub" / "b.txt").write_text("b")
    (twin / "a.txt").write_text("a")

    assert content_ref(twin) == content_ref(folder)


def test_a_clean_checkout_is_its_commit_and_a_changed_one_is_not(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    assert content_ref(checkout) == commit

    (checkout / "a.txt").write_text("changed")
    dirty = content_ref(checkout)
    assert dirty != commit

    assert commit_all(checkout) == content_ref(checkout)
    git(checkout, "checkout", "--quiet", commit)
    assert content_ref(checkout) == commit


def test_what_git_ignores_is_no_content(checkout: Path) -> None:
    (checkout / "noise.log").write_text("x")
    (checkout / "new.txt").write_text("x")
    git(checkout, "rm", "--quiet", "a.txt")

    assert content_files(checkout) == [".gitignore", "new.txt", "sub/b.txt"]


def test_untracked_files_count_even_where_git_is_told_not_to_show_them(checkout: Path) -> None:
    before = content_ref(checkout)
    git(checkout, "config", "status.showUntrackedFiles", "no")
    (checkout / "new.txt").write_text("x")

    assert content_ref(checkout) != before


def test_a_part_of_a_checkout_is_only_itself(checkout: Path) -> None:
    before = content_ref(checkout / "sub")
    assert before != git(checkout, "rev-parse", "HEAD")
    assert content_files(checkout / "sub") == ["b.txt"]

    (checkout / "a.txt").write_text("elsewhere")
    assert content_ref(checkout / "sub") == before


@pytest.fixture
def inner(checkout: Path, tmp_path: Path) -> Path:
    """A submodule of the checkout, with its files in place."""
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "--quiet", "--initial-branch=main")
    (library / "code.py").write_text("1")
    commit_all(library)
    allowed = ("-c", "protocol.file.allow=always")
    git(checkout, *allowed, "submodule", "--quiet", "add", str(library), "lib")
    commit_all(checkout)
    return checkout / "lib"


def test_a_submodules_files_are_content(checkout: Path, inner: Path) -> None:
    assert "lib/code.py" in content_files(checkout)

    refs = [content_ref(checkout)]
    for content in ("2", "3"):
        (inner / "code.py").write_text(content)
        refs.append(content_ref(checkout))
    assert len({*refs}) == 3

    git(checkout, "submodule", "--quiet", "deinit", "--force", "lib")
    assert content_ref(checkout) == git(checkout, "rev-parse", "HEAD")
    assert content_files(checkout) == [".gitignore", ".gitmodules", "a.txt", "sub/b.txt"]


def test_so_are_those_of_another_clone_in_it(checkout: Path) -> None:
    git(checkout, "clone", "--quiet", str(checkout), "other")
    assert "other/sub/b.txt" in content_files(checkout)
    before = content_ref(checkout)

    (checkout / "other" / "a.txt").write_text("changed")

    assert content_ref(checkout) != before


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a directory to somebody else")
def test_somebody_elses_repository_is_theirs_to_read(checkout: Path, tmp_path: Path) -> None:
    (checkout / "solutions.log").write_text("42")
    commit = git(checkout, "rev-parse", "HEAD")
    with tempfile.TemporaryDirectory() as open_to_all:
        os.chmod(open_to_all, 0o755)
        theirs = Path(open_to_all) / "course"
        shutil.copytree(checkout, theirs)
        for file in (theirs, *theirs.rglob("*")):
            os.chown(file, 12345, 12345)

        assert content_files(theirs) == [".gitignore", "a.txt", "sub/b.txt"]
        assert content_ref(theirs) == commit


def test_what_git_tracks_is_not_found_behind_a_symlink(checkout: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (checkout / "sub").rename(outside)
    (checkout / "sub").symlink_to(outside)

    assert content_files(checkout) == [".gitignore", "a.txt", "sub"]


ATTACKS = {
    "a monitor": {"core.fsmonitor": "PROGRAM"},
    "hooks": {"core.hooksPath": ".git/hooks"},
    "a filter": {"filter.evil.clean": "PROGRAM", "filter.evil.required": "true"},
    "a long-running filter": {"filter.evil.process": "PROGRAM"},
    "a missing object": {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": "ssh://x/y",
        "core.sshCommand": "PROGRAM",
    },
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_repository_cannot_make_us_run_its_programs(
    checkout: Path, tmp_path: Path, attack: str
) -> None:
    (checkout / ".gitattributes").write_text("* filter=evil\n")
    commit_all(checkout)
    witness, program = tmp_path / "witness", checkout / ".git" / "hooks" / "post-index-change"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\ntouch {witness}\n")
    program.chmod(0o755)
    tree = git(checkout, "rev-parse", "HEAD^{tree}")
    for name, value in ATTACKS[attack].items():
        git(checkout, "config", name, value.replace("PROGRAM", str(program)))
    if attack == "a missing object":
        (checkout / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    os.utime(checkout / "a.txt", (1, 1))  # git has to look at it again

    content_ref(checkout)
    content_files(checkout)

    assert not witness.exists()
    with contextlib.suppress(subprocess.CalledProcessError):
        git(checkout, "status")
    assert witness.exists(), "with any other git it is one"


async def test_what_cannot_be_read_is_told(
    root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = local(root, "hello")
    await asking.get_resolved_ref()
    (folder / "a.txt").unlink()  # between the looking and the taking
    monkeypatch.setattr(
        "binderhub_lite.providers.directory.content_files", lambda path: ["a.txt", "sub/b.txt"]
    )

    with pytest.raises(BinderError, match=r"'hello' cannot be read whole .*a\.txt") as caught:
        await asking.open_archive()

    assert caught.value.status_code == 500


@pytest.mark.parametrize(
    "spec",
    [
        "..",
        "../outside",
        "hello/../../outside",
        "%2E%2E/outside",
        "..%2Foutside",
        "%2Fetc",
        "link",
        "missing",
        "hello/a.txt",
        "hello%00",
        "x" * 5000,
    ],
)
def test_nothing_but_directories_below_the_root_can_be_asked_for(
    root: Path, folder: Path, spec: str
) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (root / "link").symlink_to(outside)

    with pytest.raises(NotFound, match="no directory") as caught:
        local(root, spec)
    assert str(root.parent) not in caught.value.message


@pytest.mark.parametrize("spec", ["hello", "hello/", "%68ello", "hello/../hello", "inside"])
def test_a_directory_below_the_root_has_one_url_however_it_is_asked_for(
    root: Path, folder: Path, spec: str
) -> None:
    (root / "inside").symlink_to(folder)

    assert local(root, spec).get_repo_url() == f"file://{folder}"


def test_without_a_root_nothing_is_shared() -> None:
    with pytest.raises(NotFound, match=r"set c\.LocalRepoProvider\.root"):
        LocalRepoProvider(spec="etc")


@given(st.text())
@example("~")
def test_any_spec_is_either_understood_or_refused_in_words(text: str) -> None:
    refused = refusal(local, Path(__file__).parent, text)

    assert refused is None or refused.status_code == 404


async def test_a_name_that_is_no_utf8_can_be_read(root: Path) -> None:
    folder = root / "hello"
    folder.mkdir()
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("x")

    assert len(content_ref(folder)) == 40
    with await local(root, "hello").open_archive() as opened, tarfile.open(fileobj=opened) as tar:
        assert [os.fsencode(name) for name in tar.getnames()] == [b"caf\xe9.txt"]
