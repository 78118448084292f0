"""Reads what a chart needs, and puts it where ticks will find it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from app.db import actions
from app.db.market import MarketShape
from app.db.pools import Pools
from app.finance.adjust import Actions, Prices, Split, adjusted
from app.finance.bars import Bar
from app.finance.jumps import Jump, unexplained_jumps
from app.quotes import queries
from app.quotes.bars import queries as bar_queries
from app.quotes.board import Board
from app.quotes.charts import Chart, Charts, Grouping, assembled, grouped, moved, today_of
from app.quotes.past import MOST_DAYS
from app.quotes.queries import WEEKS_DAYS, Years
from app.quotes.quote import Quote
from app.quotes.seed import seeds

DAYS = {"1m": 22, "3m": 63, "6m": 126, "1y": 252}
MOST = 300
"""Candles of a chart that reaches back to the beginning; weeks if that suffices, else months."""
MARKS = 60


class Asked(NamedTuple):
    symbol: str
    span: str
    prices: Prices = "split"


class History(NamedTuple):
    chart: Chart
    years: Years | None


async def chart(asked: Asked, pools: Pools, board: Board, charts: Charts) -> Chart | None:
    """The chart that is kept already, or one that is read now; None for a symbol that nobody knows."""
    kept = charts.get(*asked)
    if kept is not None:
        return kept
    found = await history(asked, pools, board, charts)
    return found.chart if found else None


async def history(asked: Asked, pools: Pools, board: Board, charts: Charts) -> History | None:
    symbol, span, prices = asked
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        instrument = board.instrument(symbol) or await queries.instrument(connection, shape, symbol)
        if instrument is None:
            return None
        known = await actions.actions(connection, symbol, instrument.currency)
        if board.quote(symbol) is None:  # stored after the board was seeded
            board.know((instrument,))
            stored = await queries.newest_bars(connection, shape, [symbol])
            board.seed(seeds({symbol: instrument}, stored, {}, {symbol: known.splits}))
        quote = board.quote(symbol)
        before = quote.session if quote else None
        first = None if span in DAYS else await queries.first_day(connection, shape, symbol)
        grouping, limit = _cut(span, first, before)
        stored = await queries.bars(connection, shape, symbol, before, grouping, limit)
        changed = await _changed(connection, shape, quote, known.of(prices), (grouping, limit)) if quote else None
        since = stored[0].day if stored else before
        jumps = await _jumps(connection, shape, symbol, (since, before), known.splits)
        marks = await queries.marks(connection, shape, symbol, since, MARKS) if since else []
        years = await _years(connection, shape, quote, known.splits) if quote else None
    made = assembled(instrument, span, grouping, changed or stored, quote, marks)
    made = made._replace(prices=prices, actions=known.of(prices), adjusted=changed is not None, jumps=jumps)
    newest = board.quote(symbol)
    if newest is not None and newest is not quote:
        made, _ = moved(made, newest)
    return History(charts.put(made), years)


async def _changed(
    connection: actions.Link, shape: MarketShape, quote: Quote, known: Actions, cut: tuple[Grouping, int]
) -> list[Bar] | None:
    """The candles before today's after all that is known; None where that changes nothing."""
    days_of = (*(split.day for split in known.splits), *(payout.day for payout in known.payouts))
    if not any(day <= quote.session for day in days_of):
        return None
    grouping, limit = cut
    # A week in which shares were split can only be told from its days.
    most = limit if grouping == "day" else MOST_DAYS
    days = await queries.bars(connection, shape, quote.symbol, quote.session, "day", most)
    (*days, _), changed = adjusted([*days, today_of(quote)], *known)
    return grouped(days, grouping)[-limit:] if changed else None


async def _jumps(
    connection: actions.Link,
    shape: MarketShape,
    symbol: str,
    within: tuple[date | None, date | None],
    splits: Sequence[Split],
) -> tuple[Jump, ...]:
    since, before = within
    if since is None:
        return ()
    until = before or date.max
    steps = await bar_queries.steps(connection, shape, symbol, since, until, [split.day for split in splits])
    return tuple(unexplained_jumps(steps, splits))


async def _years(connection: actions.Link, shape: MarketShape, quote: Quote, splits: Sequence[Split]) -> Years | None:
    """In today's share, today included."""
    begins = quote.session - timedelta(days=WEEKS_DAYS)
    if not any(begins < split.day <= quote.session for split in splits):
        found = await queries.years(connection, shape, quote.symbol, quote.session)
        return found and Years(min(found.low, quote.low), max(found.high, quote.high))
    days = await queries.bars(connection, shape, quote.symbol, quote.session, "day", WEEKS_DAYS)
    made = adjusted([*(bar for bar in days if bar.day > begins), today_of(quote)], splits).bars
    return Years(min(bar.low for bar in made), max(bar.high for bar in made))


def _cut(span: str, first: date | None, until: date | None) -> tuple[Grouping, int]:
    """How many candles of which length reach back as far as `span` says; today's comes on top. `first`: the oldest day
    that is stored, which counts for the span of all alone."""
    if span in DAYS:
        return "day", DAYS[span] - 1
    if first is None or until is None:
        return "month", MOST
    reach = until - first
    if reach <= timedelta(days=MOST):
        return "day", MOST
    return ("week", MOST) if reach <= timedelta(weeks=MOST) else ("month", MOST)
