"""Reads what a chart needs, and puts it where ticks will find it."""

from datetime import date, timedelta
from typing import NamedTuple

from app.db import actions
from app.db.market import MarketShape
from app.db.pools import Pools
from app.finance.adjust import adjusted
from app.finance.bars import Bar
from app.quotes import queries
from app.quotes.board import Board, Quote
from app.quotes.charts import Chart, Charts, Grouping, assembled, grouped, moved, today_of
from app.quotes.queries import Years
from app.quotes.seed import seeds

DAYS = {"1m": 22, "3m": 63, "6m": 126, "1y": 252}
MOST = 300
"""Candles of a chart that reaches back to the beginning; weeks if that suffices, else months."""
MARKS = 60
MOST_DAYS = 40_000
"""More than a century."""


class History(NamedTuple):
    chart: Chart
    years: Years | None


async def chart(symbol: str, span: str, pools: Pools, board: Board, charts: Charts) -> Chart | None:
    """The chart that is kept already, or one that is read now; None for a symbol that nobody knows."""
    kept = charts.get(symbol, span)
    if kept is not None:
        return kept
    found = await history(symbol, span, pools, board, charts)
    return found.chart if found else None


async def history(symbol: str, span: str, pools: Pools, board: Board, charts: Charts) -> History | None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        instrument = board.instrument(symbol) or await queries.instrument(connection, shape, symbol)
        if instrument is None:
            return None
        if board.quote(symbol) is None:  # stored after the board was seeded
            board.know((instrument,))
            board.seed(seeds({symbol: instrument}, await queries.newest_bars(connection, shape, [symbol]), {}))
        quote = board.quote(symbol)
        before = quote.session if quote else None
        grouping, limit = _cut(span, await queries.first_day(connection, shape, symbol), before)
        stored = await queries.bars(connection, shape, symbol, before, grouping, limit)
        unsplit = await _unsplit(connection, shape, quote, grouping, limit) if quote else None
        since = stored[0].day if stored else before
        marks = await queries.marks(connection, shape, symbol, since, MARKS) if since else []
        years = await queries.years(connection, shape, symbol, before) if before else None
    made = assembled(instrument, span, grouping, unsplit or stored, quote, marks)._replace(adjusted=unsplit is not None)
    newest = board.quote(symbol)
    if newest is not None and newest is not quote:
        made, _ = moved(made, newest)
    return History(charts.put(made), years)


async def _unsplit(
    connection: actions.Link, shape: MarketShape, quote: Quote, grouping: Grouping, limit: int
) -> list[Bar] | None:
    """The candles as if today's share had been held all along; None where that changes nothing."""
    splits = await actions.splits(connection, quote.symbol, quote.session)
    if not splits:
        return None
    # A week in which shares were split can only be told from its days.
    most = limit if grouping == "day" else MOST_DAYS
    days = await queries.bars(connection, shape, quote.symbol, quote.session, "day", most)
    (*days, _), changed = adjusted([*days, today_of(quote)], splits)
    return grouped(days, grouping)[-limit:] if changed else None


def _cut(span: str, first: date | None, until: date | None) -> tuple[Grouping, int]:
    """How many candles of which length reach back as far as `span` says; today's comes on top."""
    if span in DAYS:
        return "day", DAYS[span] - 1
    if first is None or until is None:
        return "month", MOST
    reach = until - first
    if reach <= timedelta(days=MOST):
        return "day", MOST
    return ("week", MOST) if reach <= timedelta(weeks=MOST) else ("month", MOST)
