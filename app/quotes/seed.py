"""Fills the quote board at start: stored daily bars, and the feed's newest quotes in Redis."""

import asyncio
import gc
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from app.db import corporate_actions
from app.db.market import MarketShape
from app.db.pools import Pools
from app.finance import sessions, shares
from app.finance.adjust import Split, share_ratio
from app.finance.bars import Bar
from app.finance.instrument import Instrument
from app.finance.quote import NewestQuote
from app.finance.sessions import in_session
from app.finance.shares import Splits
from app.quotes import queries
from app.quotes.board import QuoteBoard
from app.quotes.quote import SLOT_SECONDS, SPARK_POINTS, SymbolQuote
from app.wire.state.newest_quotes import NewestQuotes

T = TypeVar("T")

SYMBOLS_AT_ONCE = 250
"""Symbols between two yields to the event loop: tens of thousands take a second."""


async def seed(
    board: QuoteBoard, pools: Pools, newest: NewestQuotes, priced: Callable[[], object] = lambda: None
) -> None:
    """Also called after a gap: adds what was missed and overwrites nothing received.

    Calls `priced` when every symbol has its quote and the most active are chosen; sparklines, which need minutes, come
    later. The first call freezes all objects for the garbage collector, which took up to 0.1 s to traverse twenty
    thousand quotes.
    """
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        for some in _slices(await queries.instruments(connection, shape)):
            board.add_instruments(some)
            await asyncio.sleep(0)
        splits = await corporate_actions.every_split(connection)
        board.set_splits(splits)
        slices = list(_slices(sorted({*board.instruments, *await newest.symbols()})))
        bars_by_slice = [await queries.newest_bars(connection, shape, symbols) for symbols in slices]
        days: set[date] = set()
        empty = board.count == 0
        for symbols, bars in zip(slices, bars_by_slice, strict=True):
            quotes_of_some = list(seeds(board.instruments, bars, await newest.of(symbols), splits))
            days |= {quote.session for quote in quotes_of_some}
            if empty:
                board.seed(quote._replace(spark=(quote.price,)) for quote in quotes_of_some)
        if empty:
            await _rank(board, connection, shape, slices)
        priced()
        session = max(days, default=None)
        hours = sessions.regular(session) if session else None
        for symbols, bars in zip(slices, bars_by_slice, strict=True):
            closes = await queries.closes(connection, shape, hours, SLOT_SECONDS, symbols) if hours else []
            paths = _paths(closes)
            # Read last: what is published later reaches the board itself.
            quotes = seeds(board.instruments, bars, await newest.of(symbols), splits)
            board.seed(_with_spark(quote, paths.get(quote.symbol, {}), session) for quote in quotes)
        await _rank(board, connection, shape, slices)
    if empty and board.count:
        gc.freeze()


async def _rank(
    board: QuoteBoard, connection: corporate_actions.Link, shape: MarketShape, slices: Sequence[list[str]]
) -> None:
    """Chooses the rows of the desk, where that has not been done for the running session."""
    session = board.newest_session
    if session and not board.most_active.is_ranked(session):
        money_volumes: dict[str, float] = {}
        for symbols in slices:
            money_volumes |= await queries.money_volumes(connection, shape, session, symbols)
        board.rank(money_volumes)


def _slices(items: Sequence[T]) -> Iterator[list[T]]:
    for first in range(0, len(items), SYMBOLS_AT_ONCE):
        yield list(items[first : first + SYMBOLS_AT_ONCE])


def seeds(
    instruments: Mapping[str, Instrument],
    daily_bars: Iterable[Bar],
    newest: Mapping[str, NewestQuote],
    splits: Splits = shares.NONE,
) -> Iterable[SymbolQuote]:
    """`daily_bars`: the last bars of each symbol, oldest first."""
    bars = {symbol: list(group) for symbol, group in groupby(daily_bars, attrgetter("symbol"))}
    for symbol in sorted({*bars, *newest}):
        instrument = instruments.get(symbol) or Instrument(symbol)
        feed_quote = newest.get(symbol)
        own_bars = bars.get(symbol, [])
        if feed_quote and (not own_bars or date.fromisoformat(feed_quote.session) >= own_bars[-1].day):
            yield _from_feed(instrument, feed_quote, own_bars, splits.get(symbol, ()))
        else:
            yield _from_bars(instrument, own_bars, splits.get(symbol, ()))


def _from_feed(instrument: Instrument, newest: NewestQuote, bars: list[Bar], splits: Sequence[Split]) -> SymbolQuote:
    session = date.fromisoformat(newest.session)
    if newest.previous_close is None:
        previous = _previous_close([bar for bar in bars if bar.day < session], session, splits)
    else:
        previous = newest.previous_close / share_ratio(splits, session - timedelta(days=1), session)
    has_traded = newest.has_traded and (
        newest.volume > 0 or newest.close is not None or in_session(newest.symbol, newest.at)
    )
    quote = SymbolQuote(
        instrument, session, newest.price, previous, newest.open, newest.high, newest.low, newest.volume, newest.at,
        has_traded=has_traded, close=newest.close, outside=newest.outside, bid=newest.bid, ask=newest.ask,
        written_at=newest.written_at,
    )  # fmt: skip
    if has_traded or not bars or bars[-1].day != session:
        return quote
    # The feed began after the session: its bar is stored, and only the price is newer.
    bar = bars[-1]
    day = quote._replace(open=bar.open, high=bar.high, low=bar.low, volume=bar.volume, has_traded=True, close=bar.close)
    return day._replace(written_at=0.0)


def _previous_close(before: Sequence[Bar], session: date, splits: Sequence[Split]) -> float | None:
    """In the share of the session."""
    return before[-1].close / share_ratio(splits, before[-1].day, session) if before else None


def _from_bars(instrument: Instrument, bars: list[Bar], splits: Sequence[Split]) -> SymbolQuote:
    last = bars[-1]
    previous = _previous_close(bars[:-1], last.day, splits)
    at = sessions.regular(last.day).closes
    return SymbolQuote(
        instrument, last.day, last.close, previous, last.open, last.high, last.low, last.volume, at, None
    )


def _paths(closes: Iterable[queries.SlotClose]) -> Mapping[str, Mapping[int, float]]:
    """The last price of each slot of the session, by symbol."""
    paths: dict[str, dict[int, float]] = defaultdict(dict)
    for close in closes:
        paths[close.symbol][close.slot] = close.price
    return paths


def _with_spark(quote: SymbolQuote, path: Mapping[int, float], session: date | None) -> SymbolQuote:
    if quote.session != session:
        return quote._replace(spark=(quote.price,))
    newest = int(quote.at // SLOT_SECONDS)
    past = (price for slot, price in sorted(path.items()) if slot < newest)
    return quote._replace(spark=(*past, quote.price)[-SPARK_POINTS:])
