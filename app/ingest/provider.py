"""The interface of a market data provider."""

from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple, Protocol

from app.finance.clock import MarketClock
from app.wire.events.event import ErrorReported, Tick


class FeedUpdate(NamedTuple):
    """Ticks in order of time, the market clock after them, and the position after publishing them."""

    ticks: tuple[Tick, ...]
    clock: MarketClock
    position: bytes
    errors: tuple[ErrorReported, ...] = ()
    """For administrators."""


class Provider(Protocol):
    """Yields an update about once a second and with every tick, and waits for a slow consumer."""

    name: str
    label: str
    """Describes the data, for the page."""

    def updates(self, position: bytes | None) -> AsyncGenerator[FeedUpdate, None]: ...

    def published_ticks(self, position: bytes | None) -> Sequence[Tick] | None:
        """Ticks of the position's session that were already published; None if the provider does not know."""
        ...

    def previous_close(self, symbol: str, session: str) -> float | None:
        """The close that changes in a session (ISO date) are measured against."""
        ...
