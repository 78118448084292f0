"""Checks that a tick has a price, a volume and a symbol that the tables can store."""

from app.finance.symbols import is_storable
from app.wire.events.event import Tick

MOST_PRICE = 1e9
MOST_VOLUME = 10**15


def is_plausible(tick: Tick) -> bool:
    return (
        0 < tick.price < MOST_PRICE
        and 0 <= tick.volume < MOST_VOLUME
        and is_storable(tick.symbol)
        and (tick.open is None or all(0 < (price or 1.0) < MOST_PRICE for price in (tick.open, tick.high, tick.low)))
    )
