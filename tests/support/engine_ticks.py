"""A tick intake and its store without servers, and ticks for them."""

from datetime import date

from app.db.pools import Pool
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_close import BarClose
from app.engine.bars.tick_intake import TickIntake
from app.engine.storage.store import Store
from app.finance.bars import Bar, Timeframe
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import regular
from app.wire.channels import Channels
from app.wire.client import connect
from app.wire.events.event import Tick
from app.wire.pubsub.publisher import Publisher

DAY = date(2012, 9, 4)
"""A Tuesday after Labor Day, on which nothing is traded."""
OPENS, CLOSES = regular(DAY).opens, regular(DAY).closes


def intake_and_store(*timeframes: Timeframe) -> tuple[TickIntake, Store]:
    client = connect("redis://127.0.0.1:1")  # Never reached: nothing is flushed.
    store = Store(Pool("postgresql://127.0.0.1:1/none", "none", 1, statement_ms=1), Publisher(client, Channels()))
    return TickIntake(store, BarClose(SeriesByTimeframe(), store, Thresholds(2.0), timeframes)), store


def tick(at: float, symbol: str = "IBM") -> Tick:
    return Tick(at=at, symbol=symbol, price=10.0, volume=1.0)


def gaps(store: Store) -> list[tuple[float, float]]:
    return [(gap.began, gap.ended) for each in store._slices for gap in each.batch.gaps.values()]


def bars(store: Store, timeframe: str = "1min") -> list[Bar]:
    """Bars that wait to be stored."""
    newest = {key: bar for each in store._slices for key, bar in each.batch.bars.items()}
    return [bar for bar in newest.values() if bar.timeframe == timeframe]
