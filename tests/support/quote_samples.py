"""Instruments with awkward names, ticks and bars."""

from datetime import date, timedelta

from app.finance.bars import Bar, day_start
from app.finance.instrument import Instrument
from app.quotes.quote import SymbolQuote
from app.wire.events.event import Tick

AWKWARD = ("BRK.B", "BF/B", "X:BTCUSD")
LONG_NAME = "The Quite Extraordinarily Long-Named Holding Company of Ohio"
OPEN = 1346765400.0
"""4 September 2012, 09:30 in New York."""
DAY = 86_400


def tick(symbol: str, price: float, at: float = OPEN, volume: int = 100, arrived_at: float = 1_000.0) -> Tick:
    return Tick(symbol=symbol, price=price, at=at, volume=volume, arrived_at=arrived_at)


def quote(symbol: str = "BRK.B", price: float = 85.5, **changed: object) -> SymbolQuote:
    sample = SymbolQuote(
        Instrument(symbol), date(2012, 9, 4), price, 84.0, 84.5, 86.0, 84.25, 1_234_567, OPEN + 60, 1_000.0
    )
    return sample._replace(spark=(84.5, price))._replace(**changed)  # type: ignore[arg-type]


def bars(symbol: str, count: int, until: date = date(2012, 8, 31)) -> list[Bar]:
    """`count` days up to `until`, each from 10 up to 12, down to 9 and back to 11, shifted by its number."""
    days = (until - timedelta(days=count - 1 - n) for n in range(count))
    return [
        Bar(symbol, "daily", day_start(day), 10.0 + n, 12.0 + n, 9.0 + n, 11.0 + n, 1000 + n)
        for n, day in enumerate(days)
    ]
