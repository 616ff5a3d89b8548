"""What people paste, and which provider, repository, ref and path it means."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from traitlets.config import Config

from binderhub_lite.events import BinderError
from binderhub_lite.providers import (
    PROVIDERS,
    GitHubRepoProvider,
    GitLabRepoProvider,
    GitRepoProvider,
)
from binderhub_lite.providers.detect import Detected, detect, hosts_of
from binderhub_lite.providers.forges import HOSTS
from binderhub_lite.providers.github import NO_REF

from ..support.refusals import refusal

COMMIT = "38e50c71130fcf56655685f0992f4f125bef3879"
GIST = "8a658f7f63b13768d1e75fa2464f5092"
RESOURCE = "142c59757ed54de1816777828c9716e7"
CKAN = "https://demo.ckan.org/dataset/sample-dataset-1"

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,20}", fullmatch=True)
repos = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True).filter(
    lambda name: not name.endswith(".git")
)
# What git allows in a ref, more or less: slashes, percent signs, question marks no, but "#" yes.
refs = st.from_regex(r"[A-Za-z0-9_%#+&=é][A-Za-z0-9_/%#+&=é.-]{0,30}", fullmatch=True).filter(
    lambda ref: not NO_REF.search(ref) and not ref.endswith("/")
)
paths = st.from_regex(r"[A-Za-z0-9_%#+&=é ]+(/[A-Za-z0-9_%#+&=é .-]*[a-z])?", fullmatch=True)
clone_urls = st.builds(
    "{}://git.example.org/{}/{}".format,
    st.sampled_from(["https", "http", "ssh", "git"]),
    names,
    repos,
)


@pytest.mark.parametrize(
    ("pasted", "provider", "spec"),
    [
        ("user/repo", "gh", "user/repo/HEAD"),
        (" user/repo.git\n", "gh", "user/repo/HEAD"),
        ("user/repo/", "gh", "user/repo/HEAD"),
        ("https://github.com/user/repo", "gh", "user/repo/HEAD"),
        ("https://www.github.com/user/repo.git/", "gh", "user/repo/HEAD"),
        ("github.com/user/repo", "gh", "user/repo/HEAD"),
        ("git@github.com:user/repo.git", "gh", "user/repo/HEAD"),
        ("ssh://git@github.com/user/repo", "gh", "user/repo/HEAD"),
        ("https://github.com/user/repo/issues/12", "gh", "user/repo/HEAD"),
        ("https://github.com/user/dataset/issues", "gh", "user/dataset/HEAD"),
        ("https://github.com/user/repo/tree/feature/x", "gh", "user/repo/feature/x"),
        ("https://github.com/user/repo/tree/x/v2/gh/y", "gh", "user/repo/x/v2/gh/y"),
        ("https://github.com/user/repo/tree/v1%2B1?tab=readme", "gh", "user/repo/v1%2B1"),
        (f"https://github.com/user/repo/commit/{COMMIT}", "gh", f"user/repo/{COMMIT}"),
        ("https://github.com/user/repo/commits/feature/x", "gh", "user/repo/feature/x"),
        ("https://github.com/user/repo/commits/main/nb.ipynb", "gh", "user/repo/main"),
        ("https://github.com/user/repo/releases/tag/v1.0", "gh", "user/repo/v1.0"),
        ("https://github.com/user/repo/releases/tag/v1/beta", "gh", "user/repo/v1/beta"),
        ("https://github.com/user/repo/archive/refs/heads/main.zip", "gh", "user/repo/main"),
        ("https://github.com/user/repo/archive/v1.0.tar.gz", "gh", "user/repo/v1.0"),
        ("https://github.dev/user/repo/tree/dev", "gh", "user/repo/dev"),
        (f"https://gist.github.com/user/{GIST}", "gist", f"user/{GIST}/HEAD"),
        (f"user/{GIST}", "gist", f"user/{GIST}/HEAD"),
        (f"user/{GIST}0", "gh", f"user/{GIST}0/HEAD"),
        (f"https://gist.github.com/user/{GIST}/{COMMIT}", "gist", f"user/{GIST}/{COMMIT}"),
        (f"https://gist.github.com/user/{GIST}#file-a-md", "gist", f"user/{GIST}/HEAD"),
        (
            f"git@gist.github.com:{GIST}.git",
            "git",
            f"https%3A%2F%2Fgist.github.com%2F{GIST}.git/HEAD",
        ),
        ("https://gitlab.com/group/sub/project", "gl", "group%2Fsub%2Fproject/HEAD"),
        ("https://gitlab.com/group/project.git", "gl", "group%2Fproject/HEAD"),
        ("git@gitlab.com:group/project.git", "gl", "group%2Fproject/HEAD"),
        ("https://gitlab.com/group/project/-/issues", "gl", "group%2Fproject/HEAD"),
        ("https://gitlab.com/g/p/-/tree/feature/x?ref_type=heads", "gl", "g%2Fp/feature%2Fx"),
        ("https://gitlab.com/g/p/tree/v1", "gl", "g%2Fp/v1"),
        ("https://host/x.git", "git", "https%3A%2F%2Fhost%2Fx.git/HEAD"),
        ("git://host:9418/x", "git", "git%3A%2F%2Fhost%3A9418%2Fx/HEAD"),
        ("git://host/a/tree/b", "git", "git%3A%2F%2Fhost%2Fa%2Ftree%2Fb/HEAD"),
        ("git@host.org:user/x.git", "git", "git%40host.org%3Auser%2Fx.git/HEAD"),
        ("git@host:a/tree/b", "git", "git%40host%3Aa%2Ftree%2Fb/HEAD"),
        ("https://git.host/g/p/-/tree/v1", "git", "https%3A%2F%2Fgit.host%2Fg%2Fp/v1"),
        ("https://git.host/u/dataset/-/tree/v1", "git", "https%3A%2F%2Fgit.host%2Fu%2Fdataset/v1"),
        ("https://git.host/v2/u/r", "git", "https%3A%2F%2Fgit.host%2Fv2%2Fu%2Fr/HEAD"),
        ("https://git.host/dataset/r.git", "git", "https%3A%2F%2Fgit.host%2Fdataset%2Fr.git/HEAD"),
        ("https://codeberg.org/u/r/src/tag/v1", "git", "https%3A%2F%2Fcodeberg.org%2Fu%2Fr/v1"),
        ("https://bitbucket.org/u/r", "git", "https%3A%2F%2Fbitbucket.org%2Fu%2Fr/HEAD"),
        ("https://bitbucket.org/u/r/src/dev/", "git", "https%3A%2F%2Fbitbucket.org%2Fu%2Fr/dev"),
        ("https://bitbucket.org/u/r/branches", "git", "https%3A%2F%2Fbitbucket.org%2Fu%2Fr/HEAD"),
        ("10.5281/zenodo.3242074", "zenodo", "10.5281/zenodo.3242074"),
        ("DOI 10.5281/zenodo.3242074.", "zenodo", "10.5281/zenodo.3242074"),
        ("doi:10.5281/zenodo.3242074", "zenodo", "10.5281/zenodo.3242074"),
        ("DOI: 10.5281/ZENODO.3242074", "zenodo", "10.5281/ZENODO.3242074"),
        ("https://doi.org/10.5281/zenodo.3242074", "zenodo", "10.5281/zenodo.3242074"),
        ("http://dx.doi.org/10.5281%2Fzenodo.3242074", "zenodo", "10.5281/zenodo.3242074"),
        ("https://zenodo.org/record/3242074", "zenodo", "10.5281/zenodo.3242074"),
        ("https://zenodo.org/records/3242074?token=x", "zenodo", "10.5281/zenodo.3242074"),
        ("https://sandbox.zenodo.org/records/123", "zenodo", "10.5072/zenodo.123"),
        ("https://zenodo.org/doi/10.5281/zenodo.3242073", "zenodo", "10.5281/zenodo.3242073"),
        (
            "https://zenodo.org/badge/DOI/10.5281/zenodo.3242074.svg",
            "zenodo",
            "10.5281/zenodo.3242074",
        ),
        ("10.6084/m9.figshare.9782777.v1", "figshare", "10.6084/m9.figshare.9782777.v1"),
        ("10.25422/azu.data.12456536.v1", "figshare", "10.25422/azu.data.12456536.v1"),
        (
            "https://figshare.com/articles/code/A_title/9782777/2",
            "figshare",
            "10.6084/m9.figshare.9782777.v2",
        ),
        (
            "https://azu.figshare.com/articles/A_title/12456536",
            "figshare",
            "10.6084/m9.figshare.12456536",
        ),
        ("10.4211/hs." + RESOURCE, "hydroshare", "10.4211/hs." + RESOURCE),
        (f"https://www.hydroshare.org/resource/{RESOURCE}/", "hydroshare", RESOURCE),
        (f"https://www.hydroshare.org/hsapi/resource/{RESOURCE}/x", "hydroshare", RESOURCE),
        ("10.7910/DVN/TJCLKP", "dataverse", "10.7910/DVN/TJCLKP"),
        ("https://doi.org/10.18710/ABCDEF", "dataverse", "10.18710/ABCDEF"),
        (
            "https://dataverse.harvard.edu/dataset.xhtml?persistentId=doi:10.7910/DVN/TJCLKP",
            "dataverse",
            "10.7910/DVN/TJCLKP",
        ),
        (
            "https://data.example.org/dv/citation?persistentId=doi%3A10.7910%2FDVN%2FTJCLKP",
            "dataverse",
            "10.7910/DVN/TJCLKP",
        ),
        (CKAN, "ckan", quote(CKAN, safe="")),
        (f"{CKAN}/resource/12-34", "ckan", quote(CKAN, safe="")),
        (f"{CKAN}/?activity_id=93df&x=1", "ckan", quote(f"{CKAN}?activity_id=93df", safe="")),
        (f"{CKAN}/history/93df", "ckan", quote(f"{CKAN}/history/93df", safe="")),
        (
            "https://open.canada.ca/data/en/dataset/d8f8",
            "ckan",
            quote("https://open.canada.ca/data/en/dataset/d8f8", safe=""),
        ),
        ("https://mybinder.org/v2/gh/user/repo/HEAD", "gh", "user/repo/HEAD"),
        ("https://mybinder.org/v2/gh/u/r/v2/gh/x", "gh", "u/r/v2/gh/x"),
        ("mybinder.org/v2/gh/user/repo", "gh", "user/repo/HEAD"),
        ("10.0.0.7:8585/v2/gh/u/r/main", "gh", "u/r/main"),
        ("localhost:8585/v2/gh/u/r/main", "gh", "u/r/main"),
        ("10.0.0.7/v2/gh/u/r/main", "gh", "u/r/main"),
        ("http://10.0.0.7:8585/binder/v2/gh/u/r/feature/x?urlpath=", "gh", "u/r/feature/x"),
        ("https://mybinder.org/v2/gl/g%2Fp/a%2Fb", "gl", "g%2Fp/a%2Fb"),
        (
            "https://mybinder.org/v2/git/https%3A%2F%2Fhost%2Fx/v1",
            "git",
            "https%3A%2F%2Fhost%2Fx/v1",
        ),
        (
            "https://mybinder.org/v2/zenodo/10.5281/zenodo.3242074/",
            "zenodo",
            "10.5281/zenodo.3242074",
        ),
        (
            f"https://mybinder.org/v2/ckan/{quote(CKAN, safe='')}",
            "ckan",
            quote(CKAN, safe=""),
        ),
        ("http://class.example/v2/local/a%20course", "local", "a%20course"),
    ],
)
def test_what_people_paste_is_recognised(pasted: str, provider: str, spec: str) -> None:
    detected = detect(pasted)

    assert (detected.provider, detected.spec) == (provider, spec)
    assert (detected.kind, detected.path, detected.urlpath) == ("", "", "")
    if provider != "local":  # whose directories are not there
        assert PROVIDERS[provider](spec=spec).get_repo_url()


BADGE, LINK = "https://mybinder.org/badge_logo.svg", "https://mybinder.org/v2/gh/u/r/v1"


@pytest.mark.parametrize(
    "pasted",
    [
        f"[![Binder]({BADGE})]({LINK})",
        f"[Try it]({LINK})",
        f"<{LINK}>",
        f'<a href="{LINK}"><img src="{BADGE}"></a>',
        f".. image:: {BADGE}\n   :target: {LINK}",
        f".. image:: {BADGE}   :target: {LINK}",
        f'"{LINK}"',
        f"'{LINK}'",
        f"`{LINK}`",
        f"({LINK})",
        f"{LINK},",
        "git clone -b v1 https://github.com/u/r.git",
        "$ git clone --depth 1 --branch=v1 git@github.com:u/r.git folder",
        "git clone https://github.com/u/r/tree/v1",
        "gh repo clone u/r -- --branch v1",
    ],
)
def test_a_link_may_have_something_around_it(pasted: str) -> None:
    assert detect(pasted).spec == "u/r/v1"


@pytest.mark.parametrize(
    ("pasted", "repo", "ref", "kind", "path"),
    [
        ("https://github.com/u/r/blob/main/dir/nb.ipynb", "u/r", "main", "file", "dir/nb.ipynb"),
        ("https://github.com/u/r/blob/v1/a%20b%23.md#L3", "u/r", "v1", "file", "a b#.md"),
        ("https://github.com/u/r/blob/a%2Fb/nb.ipynb", "u/r", "a/b", "file", "nb.ipynb"),
        ("https://github.com/u/r/raw/refs/heads/main/nb.ipynb", "u/r", "main", "file", "nb.ipynb"),
        ("https://raw.githubusercontent.com/u/r/main/x.py", "u/r", "main", "file", "x.py"),
        (
            "https://raw.githubusercontent.com/u/dataset/main/x.py",
            "u/dataset",
            "main",
            "file",
            "x.py",
        ),
        ("https://github.com/u/r/tree/main/lessons/1", "u/r", "main", "lab", "lessons/1"),
        ("https://github.com/u/r/tree/v1.2/lessons", "u/r", "v1.2", "lab", "lessons"),
        (f"https://github.com/u/r/tree/{COMMIT}/x", "u/r", COMMIT, "lab", "x"),
        ("https://github.com/u/r/tree/feature%2Fx/lessons", "u/r", "feature/x", "lab", "lessons"),
        ("https://github.com/u/r/blame/main/x.py", "u/r", "main", "file", "x.py"),
        (f"https://gist.github.com/u/{GIST}/raw/{COMMIT}/x.py", f"u/{GIST}", "", "file", "x.py"),
        (
            f"https://gist.githubusercontent.com/u/{GIST}/raw/a%20b.py",
            f"u/{GIST}",
            "",
            "file",
            "a b.py",
        ),
        (
            "https://bitbucket.org/u/r/src/main/docs",
            "https://bitbucket.org/u/r",
            "main",
            "lab",
            "docs",
        ),
        (
            "https://codeberg.org/u/r/raw/branch/main/x.py",
            "https://codeberg.org/u/r",
            "main",
            "file",
            "x.py",
        ),
        ("https://nbviewer.org/github/u/r/blob/main/nb.ipynb", "u/r", "main", "file", "nb.ipynb"),
        ("https://gitlab.com/g/p/-/blob/main/nb.ipynb", "g/p", "main", "file", "nb.ipynb"),
        (
            "https://git.host/g/p/-/blob/main/nb.ipynb",
            "https://git.host/g/p",
            "main",
            "file",
            "nb.ipynb",
        ),
        (
            "https://codeberg.org/u/r/src/branch/main/docs",
            "https://codeberg.org/u/r",
            "main",
            "lab",
            "docs",
        ),
        (
            "https://zenodo.org/records/3242074/files/nb%201.ipynb?download=1",
            "10.5281/zenodo.3242074",
            "",
            "file",
            "nb 1.ipynb",
        ),
        ("https://x.org/v2/gh/u/r/v1?urlpath=lab/tree/a.ipynb", "u/r", "v1", "lab", "a.ipynb"),
        ("https://x.org/v2/gh/u/r/v1?urlpath=%2Flab%2Ftree%2Fa", "u/r", "v1", "lab", "a"),
        ("https://x.org/v2/gh/u/r/v1?urlpath=doc/tree/a%2520b", "u/r", "v1", "file", "a b"),
        ("https://x.org/v2/gh/u/r/v1?labpath=a%20b.ipynb", "u/r", "v1", "file", "a b.ipynb"),
        ("https://x.org/v2/gh/u/r/v1?filepath=a%20b.ipynb", "u/r", "v1", "url", "tree/a%20b.ipynb"),
        ("https://x.org/v2/gh/u/r/v1?urlpath=rstudio%3Fx%3D1", "u/r", "v1", "url", "rstudio?x=1"),
    ],
)
def test_a_link_also_says_what_to_open(
    pasted: str, repo: str, ref: str, kind: str, path: str
) -> None:
    detected = detect(pasted)

    assert (detected.repo, detected.ref) == (repo, ref)
    assert (detected.kind, detected.path) == (kind, path)


@pytest.mark.parametrize(
    ("kind", "path", "urlpath"),
    [
        ("", "", ""),
        ("file", "a b/c#.ipynb", "doc/tree/a%20b/c%23.ipynb"),
        ("lab", "a b", "lab/tree/a%20b"),
        ("url", "rstudio?x=1", "rstudio?x=1"),
    ],
)
def test_what_to_open_is_a_path_of_the_server(kind: str, path: str, urlpath: str) -> None:
    assert Detected("gh", "u/r", kind=kind, path=path).urlpath == urlpath


@pytest.mark.parametrize(
    ("pasted", "spec", "path"),
    [
        ("user/repo", "user/repo/v1", ""),
        ("https://github.com/user/repo/tree/main", "user/repo/v1", ""),
        ("https://github.com/user/repo/blob/main/a.md", "user/repo/v1", "a.md"),
        ("https://gitlab.com/g/p/-/tree/main", "g%2Fp/v1", ""),
        ("https://git.host/g/p/-/tree/main", "https%3A%2F%2Fgit.host%2Fg%2Fp/v1", ""),
        ("https://mybinder.org/v2/gh/user/repo/main", "user/repo/v1", ""),
        ("git@host:x", "git%40host%3Ax/v1", ""),
    ],
)
def test_a_ref_that_is_given_wins(pasted: str, spec: str, path: str) -> None:
    detected = detect(pasted, "v1")

    assert (detected.spec, detected.path) == (spec, path)


@pytest.mark.parametrize("page", ["blob", "tree"])
def test_a_ref_that_is_given_tells_where_the_links_ref_ends(page: str) -> None:
    detected = detect(f"https://github.com/u/r/{page}/topic/x/dir/nb.ipynb", "topic/x")

    assert (detected.ref, detected.path) == ("topic/x", "dir/nb.ipynb")


@pytest.mark.parametrize("pasted", ["10.5281/zenodo.3242074", CKAN])
def test_a_dataset_has_no_refs(pasted: str) -> None:
    with pytest.raises(BinderError, match="has no branches or tags: leave 'v1' out"):
        detect(pasted, "v1")


@pytest.mark.parametrize(
    ("pasted", "clone_url"),
    [
        ("user/repo", "https://github.com/user/repo.git"),
        ("https://gitlab.com/g/s/p", "https://gitlab.com/g/s/p.git"),
        (f"https://gist.github.com/user/{GIST}", f"https://gist.github.com/{GIST}.git"),
    ],
)
def test_a_repository_whose_provider_is_not_offered_is_cloned_by_its_url(
    pasted: str, clone_url: str
) -> None:
    assert detect(pasted, "v1", ["git"]).spec == f"{quote(clone_url, safe='')}/v1"


@pytest.mark.parametrize(
    ("pasted", "providers"), [("10.5281/zenodo.1", ["gh", "git"]), ("user/repo", ["zenodo"])]
)
def test_what_no_provider_fetches_is_refused(pasted: str, providers: list[str]) -> None:
    with pytest.raises(BinderError, match="which this server does not have: it has") as caught:
        detect(pasted, "", providers)
    assert caught.value.status_code == 400


@pytest.mark.parametrize("pasted", ["git@github.com:u/r.git", "ssh://git@gitlab.com/g/p.git"])
def test_somebody_here_who_says_ssh_means_it(pasted: str) -> None:
    """They have a key, and the repository may be private."""
    assert detect(pasted, here=True).repo == pasted
    assert detect(pasted).provider in ("gh", "gl")


OWN_HOSTS = {"git.example.org": "gh", "code.example.org:8443": "gl", "gist.github.com": "gist"}


@pytest.mark.parametrize(
    ("pasted", "provider", "spec"),
    [
        ("https://git.example.org/u/r/blob/main/x.py", "gh", "u/r/main"),
        ("git.example.org/u/r", "gh", "u/r/HEAD"),
        ("git@git.example.org:u/r.git", "gh", "u/r/HEAD"),
        ("https://code.example.org:8443/g/s/p/-/tree/v1", "gl", "g%2Fs%2Fp/v1"),
        ("https://github.com/u/r", "git", "https%3A%2F%2Fgithub.com%2Fu%2Fr/HEAD"),
        (
            "https://raw.githubusercontent.com/u/r/main/x.py",
            "git",
            "https%3A%2F%2Fgithub.com%2Fu%2Fr/main",
        ),
        (
            "https://nbviewer.org/github/u/r/blob/v1/x.py",
            "git",
            "https%3A%2F%2Fgithub.com%2Fu%2Fr/v1",
        ),
        ("https://gitlab.com/g/p/-/tree/v1", "git", "https%3A%2F%2Fgitlab.com%2Fg%2Fp/v1"),
    ],
)
def test_providers_may_have_hosts_of_their_own(pasted: str, provider: str, spec: str) -> None:
    detected = detect(pasted, hosts=OWN_HOSTS)

    assert (detected.provider, detected.spec) == (provider, spec)


def test_the_hosts_are_those_of_the_configuration() -> None:
    class Enterprise(GitHubRepoProvider):
        pass

    config = Config({"GitHubRepoProvider": {"hostname": "Git.example.org"}})
    gitlab = PROVIDERS["gl"]

    assert hosts_of({"gh": Enterprise, "gl": gitlab, "git": GitRepoProvider}, config) == {
        "git.example.org": "gh",
        "gitlab.com": "gl",
    }
    assert HOSTS.items() <= hosts_of(PROVIDERS, Config()).items()


def test_a_binder_link_may_be_for_a_provider_of_ones_own() -> None:
    detected = detect("https://x.org/v2/mine/some/thing%20else", "", ["mine"])

    assert (detected.provider, detected.spec) == ("mine", "some/thing%20else")


def test_a_directory_is_launched_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my work é"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))

    for pasted in (str(folder), "~/my work é"):
        detected = detect(pasted, here=True)
        assert detected == Detected("local", "my work é", directory=folder)
        assert detected.spec == "my%20work%20%C3%A9"
    with pytest.raises(BinderError, match="check out 'v1' in"):
        detect(str(folder), "v1", here=True)


def test_a_directory_wins_only_for_somebody_who_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "user" / "repo").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    assert detect("user/repo", here=True).provider == "local"
    assert detect("user/repo").provider == "gh"
    with pytest.raises(BinderError):
        detect(str(tmp_path))


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
        "https://github.com/only-a-user",
        "https://zenodo.org/communities/x",
        "https://mybinder.org/v2/nothing/that/is",
        "https://doi.org/",
        "https://",
        "x" * 5000,
        "user/repo" + "o" * 5000,
        "nul\0byte",
        "ext::sh -c true",
        "https://host/with a space",
        "[a](b)",
        "<script>",
        f"![Binder]({BADGE})",
        "git clone",
        "git clone --depth 1",
        "''",
    ],
)
def test_anything_else_is_refused_in_one_sentence(pasted: str) -> None:
    for here, choice in ((True, "give a directory, user/repo"), (False, "give user/repo")):
        with pytest.raises(BinderError) as caught:
            detect(pasted, here=here)
        assert choice in caught.value.message
        assert len(caught.value.message) < 500


@given(pasted=st.text(), ref=st.text())
@example(pasted="http://[::1", ref="")
@example(pasted="~\0", ref="")
@example(pasted="https://x/v2/gh/%", ref="")
def test_no_text_at_all_is_more_than_it_can_take(pasted: str, ref: str) -> None:
    for here in (True, False):
        refused = refusal(detect, pasted, ref, here=here)
        assert refused is None or refused.message


@given(
    host=st.sampled_from(["github.com", "gitlab.com", "zenodo.org", "x.org", "doi.org"]),
    path=st.text(st.sampled_from("abc/-?&=%#.:@ \n0v2treblob"), max_size=60),
)
def test_no_link_is_more_than_it_can_take(host: str, path: str) -> None:
    refused = refusal(detect, f"https://{host}/{path}")

    assert refused is None or refused.status_code == 400


@given(user=names, repo=repos, ref=refs)
def test_a_github_repository_reaches_its_provider_unchanged(user: str, repo: str, ref: str) -> None:
    for detected in (
        detect(f"{user}/{repo}", ref),
        detect(f"https://github.com/{user}/{repo}", ref),
        detect(f"https://mybinder.org/v2/gh/{user}/{repo}/{quote(ref)}"),
    ):
        assert detected.provider == "gh"
        provider = GitHubRepoProvider(spec=detected.spec)
        assert (provider.user, provider.repo, provider.unresolved_ref) == (user, repo, ref)


@given(group=names, project=repos, ref=refs)
def test_a_gitlab_project_reaches_its_provider_unchanged(
    group: str, project: str, ref: str
) -> None:
    for detected in (
        detect(f"https://gitlab.com/{group}/sub/{project}", ref),
        detect(f"https://mybinder.org/v2/gl/{group}%2Fsub%2F{project}/{quote(ref, safe='')}"),
    ):
        assert detected.provider == "gl"
        provider = GitLabRepoProvider(spec=detected.spec)
        assert (provider.namespace, provider.unresolved_ref) == (f"{group}/sub/{project}", ref)


@given(ref=refs, path=paths)
def test_a_file_of_a_known_ref_is_found_whatever_its_name(ref: str, path: str) -> None:
    detected = detect(f"https://github.com/u/r/blob/{quote(ref)}/{quote(path)}", ref)

    assert (detected.ref, detected.path) == (ref, path)


@given(url=clone_urls, ref=refs)
def test_a_clone_url_reaches_its_provider_unchanged(url: str, ref: str) -> None:
    provider = GitRepoProvider(spec=detect(url, ref).spec)

    assert (provider.get_repo_url(), provider.unresolved_ref) == (url, ref)
