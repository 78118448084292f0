"""What a tick may say for the tables to hold what is made of it."""

from app.finance.symbols import is_storable
from app.wire.events.event import Tick

DEAREST = 1e9
MOST_TRADED = 10**15


def plausible(tick: Tick) -> bool:
    return (
        0 < tick.price < DEAREST
        and 0 <= tick.volume < MOST_TRADED
        and is_storable(tick.symbol)
        and (tick.open is None or all(0 < (price or 1.0) < DEAREST for price in (tick.open, tick.high, tick.low)))
    )
