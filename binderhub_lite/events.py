"""What a build and launch stream may say.

The phases and fields are those of BinderHub's event stream (design §7), so that its
badges, pages and JavaScript clients can read ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class Phase(StrEnum):
    """Where a request stands; `unknown` marks a log line of no known phase."""

    WAITING = "waiting"
    FETCHING = "fetching"
    BUILDING = "building"
    PUSHING = "pushing"
    BUILT = "built"
    LAUNCHING = "launching"
    READY = "ready"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Event:
    """One line of a stream: a phase, a message for people, and the phase's own fields."""

    phase: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, phase: str, message: str, /, **fields: Any) -> "Event":
        """Make an event; the message gets the newline that clients expect at its end."""
        return cls(phase, message if message.endswith(("\n", "\r")) else message + "\n", fields)

    @cached_property
    def json(self) -> str:
        """The event as one line of JSON, encoded once however many watch it."""
        return json.dumps({"phase": self.phase, "message": self.message, **self.fields})


class BinderError(Exception):
    """Something that a person is told in one clear sentence.

    `status_code` is the HTTP status that stands behind it, where there is one.
    """

    def __init__(self, message: str, status_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code

    def event(self) -> Event:
        """The `failed` event that ends a stream."""
        fields = {} if self.status_code is None else {"status_code": self.status_code}
        return Event.of(Phase.FAILED, self.message, **fields)
