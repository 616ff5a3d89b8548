"""What a stream may say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binderhub_lite.events import BinderError, Event, Phase


@pytest.mark.parametrize(
    ("message", "sent"), [("x", "x\n"), ("x\n", "x\n"), ("50%\r", "50%\r"), ("", "\n")]
)
def test_a_message_ends_its_line(message: str, sent: str) -> None:
    assert Event.of(Phase.BUILDING, message).message == sent


@given(st.text(), st.dictionaries(st.sampled_from(["url", "cls", "self", "json"]), st.text()))
def test_an_event_is_one_line_of_json_whatever_it_says(
    message: str, fields: dict[str, str]
) -> None:
    event = Event.of(Phase.READY, message, **fields)

    assert len(event.json.splitlines()) == 1
    assert json.loads(event.json) == {"phase": "ready", "message": event.message, **fields}


def test_the_phases_are_binderhubs() -> None:
    assert {str(phase) for phase in Phase} == {
        "waiting",
        "fetching",
        "building",
        "pushing",
        "built",
        "launching",
        "ready",
        "failed",
        "unknown",
    }


@pytest.mark.parametrize(("status", "fields"), [(None, {}), (404, {"status_code": 404})])
def test_an_error_is_the_last_event_of_a_stream(status: int | None, fields: dict[str, int]) -> None:
    error = BinderError("No such thing.", status)

    assert json.loads(error.event().json) == {
        "phase": "failed",
        "message": "No such thing.\n",
        **fields,
    }
    assert str(error) == "No such thing."
