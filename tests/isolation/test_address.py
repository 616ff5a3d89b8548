"""How exceptions are written, and what is said of those that are not."""

from ipaddress import ip_network

import pytest
from traitlets import TraitError

from binderhub_lite.app import BinderHub
from binderhub_lite.isolation import Destination


@pytest.mark.parametrize(
    ("text", "network", "port"),
    [
        ("192.0.2.7", "192.0.2.7/32", None),
        ("192.0.2.0/24", "192.0.2.0/24", None),
        ("192.0.2.7:9418", "192.0.2.7/32", 9418),
        ("192.0.2.0/24:80", "192.0.2.0/24", 80),
        ("fd00::7", "fd00::7/128", None),
        ("[fd00::7]:80", "fd00::7/128", 80),
        ("[fd00::/64]", "fd00::/64", None),
    ],
)
def test_an_address(text: str, network: str, port: int | None) -> None:
    assert Destination.parse(text) == Destination(ip_network(network), port)


@pytest.mark.parametrize("option", ["network_isolation_allow", "network_isolation_deny"])
@pytest.mark.parametrize(
    "text",
    ["", "git.example.org", "192.0.2.7/24", "192.0.2.7:0", "192.0.2.7:65536", "1.2.3:4:5", "x; y"],
)
def test_what_is_no_address_is_refused_in_one_sentence(option: str, text: str) -> None:
    with pytest.raises(TraitError) as refusal:
        BinderHub(**{option: [text]})
    assert str(refusal.value) == (
        f"{option}: {text!r} is no address: write it like 192.0.2.7, 192.0.2.0/24, "
        "192.0.2.7:9418 or [fd00::7]:9418 (numbers, no names)."
    )
