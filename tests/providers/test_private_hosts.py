"""Which addresses are the internet's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets import TraitError
from traitlets.config import Config

from binderhub_lite.events import BinderError
from binderhub_lite.providers import GitHubRepoProvider
from binderhub_lite.providers.private_hosts import PrivateHosts, is_reachable

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.17.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "168.63.129.16",
    "192.0.0.192",
    "::127.0.0.1",
    "64:ff9b:1::a00:1",
    "fec0::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_internet_is_not_reached(address: str) -> None:
    assert not is_reachable(address)


@pytest.mark.parametrize("address", ["140.82.121.4", "2606:50c0:8000::154", "::ffff:8.8.8.8"])
def test_the_internet_is_reached(address: str) -> None:
    assert is_reachable(address)


@given(st.ip_addresses())
def test_true_allows_every_address_there_is(address: object) -> None:
    assert is_reachable(str(address), PrivateHosts.of(True).reached_by("any.host"))


def test_a_list_allows_what_it_names() -> None:
    allowed = PrivateHosts.of(["Git.School.lan", "10.1.0.0/16", "192.168.7.7"])

    assert is_reachable("10.1.2.3", allowed.reached_by("x"))
    assert is_reachable("192.168.7.7", allowed.reached_by("x"))
    assert not is_reachable("10.2.0.1", allowed.reached_by("x"))
    assert is_reachable("10.2.0.1", allowed.reached_by("git.school.LAN"))


async def test_all_addresses_of_a_host_are_looked_at() -> None:
    with pytest.raises(BinderError, match=r"'localhost' is in a private network.*allow_private"):
        await PrivateHosts().check("https", "localhost")
    assert "127.0.0.1" in await PrivateHosts.of(True).check("https", "localhost")
    for nowhere in ("no-such-host.invalid", "a..b", "x" * 300):
        with pytest.raises(BinderError, match="There is no host") as caught:
            await PrivateHosts().check("https", nowhere)
        assert caught.value.status_code == 404


def test_hosts_of_the_configuration_itself_are_allowed() -> None:
    config = Config({"GitHubRepoProvider": {"hostname": "github.school.lan"}})

    hosts = GitHubRepoProvider(config=config, spec="a/b/HEAD").private_hosts

    assert is_reachable("10.0.0.1", hosts.reached_by("github.school.lan"))
    assert is_reachable("10.0.0.1", hosts.reached_by("api.github.school.lan"))
    assert not is_reachable("10.0.0.1", hosts.reached_by("other.school.lan"))


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "git.school.lan/path", ""])
def test_an_entry_that_is_neither_host_nor_network_is_named(entry: str) -> None:
    config = Config({"RepoProvider": {"allow_private_hosts": [entry]}})

    with pytest.raises(TraitError, match=r"GitHubRepoProvider\.allow_private_hosts: .* neither"):
        GitHubRepoProvider(config=config, spec="a/b/HEAD")
