"""The market time, from the feed's clock and its newest tick."""

from datetime import date

from app.finance.clock import MarketClock
from app.finance.sessions import MINUTE, regular

GRACE_SECONDS = 1.0
"""Wall seconds that a tick may be late before its bar is closed without it."""
STALE_SECONDS = 3.0
"""Wall seconds after the last announcement of the clock: then the feed is away and the market time stops."""


def market_now(clock: MarketClock | None, wall: float, newest: tuple[float, float]) -> float:
    """UTC epoch seconds. Without a clock, the newest tick's market time plus the wall time since it came. `newest`:
    market time and wall time of that tick."""
    if clock:
        shuts = regular(date.fromisoformat(clock.session)).closes
        return min(clock.now(min(wall, clock.wall_time + STALE_SECONDS)), max(clock.market_time, shuts))
    at, arrived_at = newest
    return at + max(0.0, wall - arrived_at) if at else 0.0


def grace(clock: MarketClock | None) -> float:
    """GRACE_SECONDS in market time."""
    return GRACE_SECONDS * (clock.speed if clock else 1.0)


def seconds_to_close(clock: MarketClock | None, wall: float) -> float:
    """Wall seconds until the current minute is closed; infinite while the market is closed."""
    if clock is None or clock.state != "open" or clock.speed <= 0:
        return float("inf")
    left = MINUTE - (market_now(clock, wall, (0.0, 0.0)) - grace(clock)) % MINUTE
    return left / clock.speed
