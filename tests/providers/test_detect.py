"""What people paste, and which provider it is for."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitHubRepoProvider, GitRepoProvider
from binderhub_lite.providers.detect import Detected, detect
from binderhub_lite.providers.github import NO_REF

from ..support.refusals import refusal

names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True).filter(
    lambda name: not name.endswith(".git")
)
# What git allows in a ref, more or less: slashes, percent signs, question marks no, but "#" yes.
refs = st.from_regex(r"[A-Za-z0-9_%#+&=é][A-Za-z0-9_/%#+&=é.-]{0,30}", fullmatch=True).filter(
    lambda ref: not NO_REF.search(ref)
)
clone_urls = st.builds(
    "{}://git.example.org/{}/{}".format,
    st.sampled_from(["https", "http", "ssh", "git"]),
    names,
    names,
)


@pytest.mark.parametrize(
    ("pasted", "provider", "spec"),
    [
        ("user/repo", "gh", "user/repo/HEAD"),
        (" user/repo.git\n", "gh", "user/repo/HEAD"),
        ("https://github.com/user/repo", "gh", "user/repo/HEAD"),
        ("https://www.github.com/user/repo.git/", "gh", "user/repo/HEAD"),
        ("https://github.com/user/repo/tree/feature/x", "gh", "user/repo/feature/x"),
        ("https://github.com/user/repo/tree/v1%2B1?tab=readme", "gh", "user/repo/v1%2B1"),
        (
            "https://gitlab.com/group/sub/project/-/tree/main",
            "git",
            "https%3A%2F%2Fgitlab.com%2Fgroup%2Fsub%2Fproject/main",
        ),
        ("https://host/x.git", "git", "https%3A%2F%2Fhost%2Fx.git/HEAD"),
        ("git://host:9418/x", "git", "git%3A%2F%2Fhost%3A9418%2Fx/HEAD"),
        ("git://host/a/tree/b", "git", "git%3A%2F%2Fhost%2Fa%2Ftree%2Fb/HEAD"),
        ("git@host.org:user/x.git", "git", "git%40host.org%3Auser%2Fx.git/HEAD"),
        ("git@host:a/tree/b", "git", "git%40host%3Aa%2Ftree%2Fb/HEAD"),
    ],
)
def test_what_people_paste_is_recognised(pasted: str, provider: str, spec: str) -> None:
    assert detect(pasted) == Detected(provider, spec)


@pytest.mark.parametrize(
    ("pasted", "spec"),
    [
        ("user/repo", "user/repo/v1"),
        ("https://github.com/user/repo/tree/main", "user/repo/v1"),
        ("https://gitlab.com/g/p/-/tree/main", "https%3A%2F%2Fgitlab.com%2Fg%2Fp/v1"),
        ("git@host:x", "git%40host%3Ax/v1"),
    ],
)
def test_a_ref_that_is_given_wins(pasted: str, spec: str) -> None:
    assert detect(pasted, "v1").spec == spec


def test_a_directory_is_launched_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my work é"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = Detected("local", "my%20work%20%C3%A9", folder)

    assert detect(str(folder)) == detect("~/my work é") == expected
    with pytest.raises(BinderError, match="check out 'v1' in"):
        detect(str(folder), "v1")


def test_a_directory_wins_over_a_repository_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "user" / "repo").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    assert detect("user/repo").provider == "local"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "nonsense",
        "./missing",
        "../missing",
        "a/b/c",
        "~nobody-of-that-name/x",
        "https://[",
        "x" * 5000,
        "nul\0byte",
        "ext::sh -c true",
    ],
)
def test_anything_else_is_refused_in_one_sentence(pasted: str) -> None:
    with pytest.raises(BinderError) as caught:
        detect(pasted)
    assert "give a directory, user/repo, a git URL or a link" in caught.value.message


@given(pasted=st.text(), ref=st.text())
@example(pasted="http://[::1", ref="")
@example(pasted="~\0", ref="")
def test_no_text_at_all_is_more_than_it_can_take(pasted: str, ref: str) -> None:
    refused = refusal(detect, pasted, ref)

    assert refused is None or refused.message


@given(user=names, repo=names, ref=refs)
def test_a_github_repository_reaches_its_provider_unchanged(user: str, repo: str, ref: str) -> None:
    for detected in (
        detect(f"{user}/{repo}", ref),
        detect(f"https://github.com/{user}/{repo}", ref),
    ):
        assert detected.provider == "gh"
        provider = GitHubRepoProvider(spec=detected.spec)
        assert (provider.user, provider.repo, provider.unresolved_ref) == (user, repo, ref)


@given(url=clone_urls, ref=refs)
def test_a_clone_url_reaches_its_provider_unchanged(url: str, ref: str) -> None:
    provider = GitRepoProvider(spec=detect(url, ref).spec)

    assert (provider.get_repo_url(), provider.unresolved_ref) == (url, ref)
