"""Symbols that the tables cannot store are dropped alone."""

from app.db.pools import Pool
from app.engine.analysis.thresholds import Thresholds
from app.engine.bars.bar_close import BarClose
from app.engine.bars.feed_state import FeedState
from app.engine.bars.tick_intake import TickIntake
from app.engine.storage.store import Store
from app.finance.quote import NewestQuote
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.wire.channels import Channels
from app.wire.client import close, connect
from app.wire.events.event import Tick
from app.wire.pubsub.publisher import Publisher
from app.wire.state.newest_quotes import NewestQuotes

LONG = "VERYLONGTICKERNAME.EXCHANGE"
QUOTE = NewestQuote("M&M.NS", 70.5, 1_346_700_000.0, "2012-09-04", 70.0, 71.0, 69.5, 1_000)


async def test_a_tick_of_a_symbol_that_is_too_long_is_refused_and_counted() -> None:
    away = Pool("postgresql://127.0.0.1:1/none", "none", 1, statement_ms=1)
    store = Store(away, Publisher(connect("redis://127.0.0.1:1"), Channels()))  # nothing is flushed
    intake = TickIntake(store, BarClose(SeriesByTimeframe(), store, Thresholds(2.0), ()))
    for symbol in (LONG, "M&M.NS", "BCPC", "BCpC"):
        intake.handle(Tick(symbol=symbol, price=70.5, volume=10, at=QUOTE.at), 0.0)

    assert (intake.rejected_ticks, intake.accepted_ticks, intake.symbols) == (1, 3, 3)


async def test_stored_quotes_with_overlong_symbols_are_ignored(redis_url: str) -> None:
    client = connect(redis_url)
    await NewestQuotes(client).put([QUOTE, QUOTE._replace(symbol=LONG)])
    feed = FeedState(redis_url)

    assert list(await feed.quotes()) == ["M&M.NS"]
    await feed.close()
    await close(client)
