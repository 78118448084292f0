"""The market time, from the feed's clock and its newest tick."""

from datetime import date

from app.finance.clock import MarketClock
from app.finance.sessions import MINUTE, regular

GRACE_SECONDS = 1.0
"""How much later than its time a tick may be, by the clock on the wall, before its bar is closed without it."""
STALE_SECONDS = 3.0
"""A clock that was not announced for so long belongs to a feed that is away, and then the market stands still."""


def market_now(clock: MarketClock | None, wall: float, newest: tuple[float, float]) -> float:
    """Without a clock from the newest tick on (its market time, and the wall's when it came), as fast as the wall's."""
    if clock:
        shuts = regular(date.fromisoformat(clock.session)).closes
        return min(clock.now(min(wall, clock.wall_time + STALE_SECONDS)), max(clock.market_time, shuts))
    at, arrived_at = newest
    return at + max(0.0, wall - arrived_at) if at else 0.0


def grace(clock: MarketClock | None) -> float:
    """In market time."""
    return GRACE_SECONDS * (clock.speed if clock else 1.0)


def seconds_to_close(clock: MarketClock | None, wall: float) -> float:
    """By the clock on the wall, until the minute that is running is closed."""
    if clock is None or clock.state != "open" or clock.speed <= 0:
        return float("inf")
    left = MINUTE - (market_now(clock, wall, (0.0, 0.0)) - grace(clock)) % MINUTE
    return left / clock.speed
