"""Dates as web APIs write them."""

from datetime import UTC, datetime


def seconds_since_epoch(date: str) -> int:
    """Whole seconds of an ISO 8601 date and time; one without a time zone is UTC's.

    Raises ValueError or TypeError for anything else.
    """
    read = datetime.fromisoformat(date)
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
