"""What the board knows before it hears anything: stored bars, and the newest quotes that the feed left behind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from operator import attrgetter

from app.db.pools import Pools
from app.finance import sessions
from app.finance.bars import Bar
from app.finance.instrument import Instrument
from app.finance.quote import NewestQuote
from app.quotes import queries
from app.quotes.board import POINTS, SLOT, Board, Quote
from app.wire.newest import Newest


async def seed(board: Board, pools: Pools, newest: Newest) -> None:
    """May be called again after a gap: it fills in what was missed and overwrites nothing that was heard."""
    left = await newest.all()
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        board.know(await queries.instruments(connection, shape))
        stored = await queries.newest_bars(connection, shape, sorted({*board.instruments, *left}))
        quotes = list(seeds(board.instruments, stored, left))
        session = max((quote.session for quote in quotes), default=None)
        closes = await queries.closes(connection, shape, sessions.regular(session), SLOT) if session else []
    paths = _paths(closes)
    board.seed(_with_spark(quote, paths.get(quote.symbol, {}), session) for quote in quotes)


def seeds(
    instruments: Mapping[str, Instrument], stored: Iterable[Bar], newest: Mapping[str, NewestQuote]
) -> Iterable[Quote]:
    """`stored`: the last bars of each symbol, by symbol, oldest first."""
    bars = {symbol: list(group) for symbol, group in groupby(stored, attrgetter("symbol"))}
    for symbol in sorted({*bars, *newest}):
        instrument = instruments.get(symbol) or Instrument(symbol)
        left = newest.get(symbol)
        kept = bars.get(symbol, [])
        if left and (not kept or date.fromisoformat(left.session) >= kept[-1].day):
            yield _from_feed(instrument, left, kept)
        else:
            yield _from_bars(instrument, kept)


def _from_feed(instrument: Instrument, left: NewestQuote, bars: list[Bar]) -> Quote:
    session = date.fromisoformat(left.session)
    earlier = [bar.close for bar in bars if bar.day < session]
    previous = left.previous_close if left.previous_close is not None else (earlier[-1] if earlier else None)
    return Quote(instrument, session, left.price, previous, left.open, left.high, left.low, left.volume, left.at, None)


def _from_bars(instrument: Instrument, bars: list[Bar]) -> Quote:
    last = bars[-1]
    previous = bars[-2].close if len(bars) > 1 else None
    at = sessions.regular(last.day).closes
    return Quote(instrument, last.day, last.close, previous, last.open, last.high, last.low, last.volume, at, None)


def _paths(closes: Iterable[queries.Close]) -> Mapping[str, Mapping[int, float]]:
    """The last price of each slot of the session, by symbol."""
    paths: dict[str, dict[int, float]] = defaultdict(dict)
    for close in closes:
        paths[close.symbol][close.slot] = close.price
    return paths


def _with_spark(quote: Quote, path: Mapping[int, float], session: date | None) -> Quote:
    if quote.session != session:
        return quote._replace(spark=(quote.price,))
    newest = int(quote.at // SLOT)
    past = (price for slot, price in sorted(path.items()) if slot < newest)
    return quote._replace(spark=(*past, quote.price)[-POINTS:])
