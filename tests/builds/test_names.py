"""Names of images and containers: legal for Docker, and one name for one thing."""

import re
from typing import NamedTuple

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from binderhub_lite.builds.names import container_name, image_name

# The grammar of https://pkg.go.dev/github.com/distribution/reference, and the daemon's own
# rule for names of containers.
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
DOMAIN = r"[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?"
REPOSITORY = re.compile(rf"(?:{DOMAIN}/)?{COMPONENT}(?:/{COMPONENT})*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
CONTAINER = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")

PREFIXES = ["", "binder-", "binder_", "team/", "registry.example.org:5000/team/binder-"]


class Source(NamedTuple):
    slug: str
    url: str
    ref: str


# Few characters, chosen for what escaping may mix up; and any text at all.
confusable = st.text(alphabet="aA2-_./:é\0", max_size=4)
texts = st.one_of(confusable, st.text(max_size=30), st.text(min_size=200, max_size=400))
sources = st.builds(Source, texts, texts, texts)


@given(source=sources, prefix=st.sampled_from(PREFIXES))
@example(source=Source("", "", ""), prefix="team/")
@example(source=Source("~me", "git@host:~me", "v1"), prefix="team/")
@example(source=Source("x" * 255, "u", "r" * 129), prefix="")
def test_any_repository_gets_a_name_that_docker_accepts(source: Source, prefix: str) -> None:
    name = image_name(prefix, *source)
    repository, _, tag = name.rpartition(":")

    assert REPOSITORY.fullmatch(repository)
    assert repository.startswith(prefix)
    assert len(repository) <= 255
    assert TAG.fullmatch(tag)
    assert CONTAINER.fullmatch(container_name("default", source.url, source.ref, name))
    assert name == image_name(prefix, *source)


@given(one=sources, other=sources)
@example(one=Source("a-b", "u", "r"), other=Source("a_b", "u", "r"))
@example(one=Source("User-repo", "u", "r"), other=Source("user-repo", "u", "r"))
@example(one=Source("slug", "http://one", "r"), other=Source("slug", "http://other", "r"))
@example(one=Source("x" * 300 + "1", "u", "r"), other=Source("x" * 300 + "2", "u", "r"))
@example(one=Source("s", "u", "feature/x"), other=Source("s", "u", "feature-x"))
def test_different_repositories_never_share_a_name(one: Source, other: Source) -> None:
    assume(one != other)
    image, other_image = image_name("", *one), image_name("", *other)

    assert image != other_image
    assert container_name("ns", one.url, one.ref, image) != container_name(
        "ns", other.url, other.ref, other_image
    )


@pytest.mark.parametrize(
    ("ref", "tag"),
    [
        ("c2d6cfb4e2f423e80141e09f11191dc28cb4390b", "c2d6cfb4e2f423e80141e09f11191dc28cb4390b"),
        ("10.5281.zenodo.3242074", "10.5281.zenodo.3242074"),
        ("feature/x", "x-"),
    ],
)
def test_a_tag_shows_the_ref_where_docker_lets_it(ref: str, tag: str) -> None:
    assert (
        image_name("", "user-repo", "https://host/user/repo", ref).partition(":")[2].startswith(tag)
    )


def test_names_stay_the_same_from_release_to_release() -> None:
    """A changed rule would build every repository anew, and lose the lock on running builds."""
    image = image_name("binder-", "user-Repo", "https://github.com/user/Repo", "abc123")
    assert image == "binder-user-2d-52epo-b6e0e7:abc123"
    assert container_name("default", "https://github.com/user/Repo", "abc123", image) == (
        "binderhub-lite-build-binder-user-2d-52epo-b6e0e7-7ae0098fa902012a"
    )


def test_a_container_is_of_one_namespace() -> None:
    """Two instances on one daemon build the same image without meeting."""
    assert container_name("one", "u", "r", "i:r") != container_name("other", "u", "r", "i:r")
