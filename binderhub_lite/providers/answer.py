"""What a web API says: an answer, and how many more it will give."""

import contextlib
import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from yarl import URL

from ..events import BinderError


class Unreachable(BinderError):
    """The service gives no answer that can be used: it is down, too slow or breaks."""


@dataclass(frozen=True)
class RateLimit:
    """How many requests a service still answers, and when it begins to count anew."""

    remaining: int
    resets_at: float
    """Seconds since the epoch."""
    most: int = 0
    """How many it answers in all; 0: it does not say."""

    @property
    def spent(self) -> bool:
        return self.remaining <= 0 and self.resets_at > time.time()

    @property
    def minutes(self) -> int:
        """Whole minutes until the count begins anew, at least one."""
        return max(1, math.ceil((self.resets_at - time.time()) / 60))

    def refusal(self, service: str) -> BinderError:
        """What people are told when it is spent (429)."""
        when = "in a minute" if self.minutes == 1 else f"in {self.minutes} minutes"
        return BinderError(
            f"{service} takes no more requests from this server for now: try again {when}.", 429
        )


@dataclass(frozen=True)
class Answer:
    """What a service said; the body is whole."""

    url: str
    """Where it came from, after redirects."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""

    def json(self) -> Any:
        """The body's JSON. Raises Unreachable (502) when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise self.junk() from error

    @contextlib.contextmanager
    def making_sense(self) -> Iterator[Any]:
        """The body's JSON; what it lacks, or has of another kind, raises Unreachable (502)."""
        try:
            yield self.json()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raise self.junk() from None

    def junk(self) -> Unreachable:
        """The error for an answer that is not what the API promises."""
        host = URL(self.url).host
        return Unreachable(
            f"{host} gave an answer that makes no sense: try again later, "
            "or check that this is the right address.",
            502,
        )

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the headers say of the rate limit; None where they say nothing.

        `X-RateLimit-…` at GitHub and Zenodo, `RateLimit-…` at GitLab, `Retry-After` anywhere.
        """
        wait = self.headers.get("retry-after")
        if self.status in (403, 429) and _is_number(wait):
            return RateLimit(0, time.time() + int(wait or 0))
        for start in ("x-ratelimit-", "ratelimit-"):
            remaining, reset, most = (
                self.headers.get(start + end) for end in ("remaining", "reset", "limit")
            )
            if _is_number(remaining) and _is_number(reset):
                most = most if _is_number(most) else "0"
                return RateLimit(int(remaining or 0), float(reset or 0), int(most or 0))
        return None


def _is_number(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdigit()
