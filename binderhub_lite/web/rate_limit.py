"""How many launches one address may ask for in a while, where no page of ours asks for it."""

import time
from dataclasses import dataclass
from typing import Any

from traitlets import Integer
from traitlets.config import LoggingConfigurable


@dataclass(frozen=True)
class Allowance:
    """What is left to an address; below zero, this request was one too many."""

    limit: int
    remaining: int
    reset: int
    """When all of it is there again: seconds since the epoch."""

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": str(self.reset),
        }

    @property
    def refusal(self) -> str:
        """A sentence for who asked too often."""
        minutes = max(1, round((self.reset - time.time()) / 60))
        unit = "minute" if minutes == 1 else "minutes"
        return (
            f"Too many requests from your address: try again in {minutes} {unit}, "
            "or open the link in a browser."
        )


class RateLimiter(LoggingConfigurable):
    """Counts requests by address, in periods that begin with an address's first request.

    As BinderHub's: who has used up a period's requests waits for its end.
    """

    limit = Integer(
        10,
        min=0,
        help="How many launches an address may ask for in a period, other than by our pages; "
        "0: any number.",
    ).tag(config=True)
    period_seconds = Integer(3600, min=1, help="Length of a period in seconds.").tag(config=True)
    clean_seconds = Integer(
        600, min=1, help="Seconds between two rounds that forget addresses whose period is over."
    ).tag(config=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._addresses: dict[str, Allowance] = {}
        self._cleaned = 0.0

    def count(self, address: str) -> Allowance:
        """Count a request of `address`; says what is left to it."""
        now = time.time()
        if now - self._cleaned > self.clean_seconds:
            self._addresses = {
                known: allowance
                for known, allowance in self._addresses.items()
                if allowance.reset > now
            }
            self._cleaned = now
        last = self._addresses.get(address)
        if last is None or last.reset <= now:
            last = Allowance(self.limit, self.limit, int(now) + self.period_seconds)
        allowance = Allowance(self.limit, last.remaining - 1, last.reset)
        self._addresses[address] = allowance
        return allowance
