"""What a source of market data offers, whatever it is."""

from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple, Protocol

from app.finance.clock import MarketClock
from app.wire.events.event import ErrorReported, Tick


class Beat(NamedTuple):
    """What is new: ticks in order of time, the market clock after them, and where to go on once they are out."""

    ticks: tuple[Tick, ...]
    clock: MarketClock
    bookmark: bytes
    errors: tuple[ErrorReported, ...] = ()
    """What those who look after the desk should know."""


class Provider(Protocol):
    """Beats come about once a second and with every tick. What the taker is slow to take waits for him."""

    name: str
    label: str
    """What the data is, in words for the page."""

    def beats(self, bookmark: bytes | None) -> AsyncGenerator[Beat, None]: ...

    def so_far(self, bookmark: bytes | None) -> Sequence[Tick] | None:
        """The ticks of the session in the bookmark that are out already; None where the provider cannot tell."""
        ...

    def previous_close(self, symbol: str, session: str) -> float | None:
        """The close that the changes of a session (ISO date) are measured against."""
        ...
