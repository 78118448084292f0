"""The quotes of the board before the first tick."""

import gc
from collections.abc import Iterable
from datetime import date

from app.db.pools import Pools
from app.finance.instrument import Instrument
from app.finance.quote import NewestQuote
from app.quotes.board import QuoteBoard
from app.quotes.quote import SLOT_SECONDS, SymbolQuote
from app.quotes.seed import SYMBOLS_AT_ONCE, seed
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases
from tests.support.quote_samples import AWKWARD, LONG_NAME, OPEN, bars
from tests.support.stored_bars import store_bars, store_minutes, store_symbols


async def test_a_board_starts_from_the_last_stored_bars(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    board = QuoteBoard()
    for symbol in AWKWARD:
        await store_bars(databases.engine, bars(symbol, 3))
    await store_symbols(databases.engine, dict.fromkeys(AWKWARD, LONG_NAME))

    await seed(board, pools, newest)

    for symbol in AWKWARD:
        quote = board.quote(symbol)
        assert quote is not None
        assert (quote.price, quote.previous_close, quote.session) == (13.0, 12.0, date(2012, 8, 31))
        assert quote.instrument.name == LONG_NAME
        assert quote.arrived_at is None


async def test_quotes_are_seeded_before_their_sparklines(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    board = QuoteBoard()
    for symbol in AWKWARD:
        await store_bars(databases.engine, bars(symbol, 3))
        await store_minutes(databases.engine, symbol, {OPEN: 20.0, OPEN + 60: 21.0, OPEN + SLOT_SECONDS: 22.0})
    await newest.put(
        [NewestQuote(each, 23.0, OPEN + 2 * SLOT_SECONDS, "2012-09-04", 20.0, 24.0, 19.0, 5_000) for each in AWKWARD]
    )
    priced: list[list[SymbolQuote]] = []

    await seed(board, pools, newest, lambda: priced.append(board.first(9)))

    ((*early,),) = priced
    late = board.first(9)
    assert [quote.symbol for quote in early] == [quote.symbol for quote in late] == sorted(AWKWARD)
    assert [quote.spark for quote in early] == [(23.0,)] * len(AWKWARD)
    assert [quote.spark for quote in late] == [(21.0, 22.0, 23.0)] * len(AWKWARD)
    assert [quote._replace(spark=(), written_at=0.0) for quote in early] == [
        quote._replace(spark=(), written_at=0.0) for quote in late
    ]


async def test_the_feeds_stored_quote_wins_over_any_bar(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    board = QuoteBoard()
    await store_bars(databases.engine, bars("BRK.B", 3))
    await store_minutes(databases.engine, "BRK.B", {OPEN: 20.0, OPEN + 60: 21.0, OPEN + SLOT_SECONDS: 22.0})
    await newest.put([NewestQuote("BRK.B", 23.0, OPEN + 2 * SLOT_SECONDS, "2012-09-04", 20.0, 24.0, 19.0, 5_000)])

    await seed(board, pools, newest)

    quote = board.quote("BRK.B")
    assert quote is not None
    assert (quote.price, quote.previous_close, quote.volume) == (23.0, 13.0, 5_000)
    assert quote.spark == (21.0, 22.0, 23.0)


class Slices(QuoteBoard):
    """Counts what is done at once."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        super().__init__()

    def know(self, instruments: Iterable[Instrument]) -> None:
        listed = list(instruments)
        self.sizes.append(len(listed))
        super().know(listed)

    def seed(self, quotes: Iterable[SymbolQuote]) -> None:
        listed = list(quotes)
        self.sizes.append(len(listed))
        super().seed(listed)


async def test_a_large_market_is_seeded_in_slices(databases: Databases, pools: Pools, newest: NewestQuotes) -> None:
    board, names = Slices(), [f"S{number:04d}" for number in range(3 * SYMBOLS_AT_ONCE + 7)]
    await store_symbols(databases.engine, dict.fromkeys(names, "Company"))
    left = [NewestQuote(symbol, 23.0, OPEN, "2012-09-04", 20.0, 24.0, 19.0, 5_000) for symbol in names]
    await newest.put(left)
    await store_minutes(databases.engine, names[-1], {OPEN: 20.0})

    await seed(board, pools, newest)

    assert board.count == len(names)
    assert max(board.sizes) == SYMBOLS_AT_ONCE
    last = board.quote(names[-1])
    assert last is not None
    assert (last.price, last.instrument.name) == (23.0, "Company")


async def test_an_empty_market_seeds_nothing_and_breaks_nothing(pools: Pools, newest: NewestQuotes) -> None:
    board = QuoteBoard()

    await seed(board, pools, newest)

    assert board.first(10) == []


async def test_the_garbage_collector_does_not_track_seeded_quotes(
    databases: Databases, pools: Pools, newest: NewestQuotes
) -> None:
    board = QuoteBoard()
    await store_bars(databases.engine, bars("BRK.B", 5))
    await store_symbols(databases.engine, {"BRK.B": "Berkshire"})
    try:
        await seed(board, pools, newest)
        quote = board.quote("BRK.B")

        assert quote is not None
        assert not any(each is quote for each in gc.get_objects())
    finally:
        gc.unfreeze()


async def test_an_empty_seed_freezes_no_object(pools: Pools, newest: NewestQuotes) -> None:
    """A desk without data is seeded again every few seconds."""
    gc.unfreeze()

    await seed(QuoteBoard(), pools, newest)

    assert gc.get_freeze_count() == 0
