"""Which made-up launch a spec stands for."""

import pytest

from binderhub_lite.scenarios import scenario_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("slow", "slow"),
        ("user/slow/HEAD", "slow"),
        ("user/slower/HEAD", "build"),
        ("lines-100000", "lines-100000"),
        ("fail-building/fast", "fail-building"),
        ("", "build"),
    ],
)
def test_a_spec_chooses_a_scenario(text: str, name: str) -> None:
    assert scenario_of(text).name == name
