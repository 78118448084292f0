"""Reads what a chart needs, and puts it where ticks will find it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from app.db import corporate_actions
from app.db.pools import Pools
from app.finance.adjust import Actions, Prices, Split, adjusted
from app.finance.bars import Bar, Timeframe, day_of, day_start
from app.finance.columns import HIGH, LOW, Columns, bars, merged
from app.finance.jumps import steps, unexplained_jumps
from app.finance.panel import Floats
from app.quotes import queries
from app.quotes.bars import queries as bar_queries
from app.quotes.board import Board
from app.quotes.charts.cache import Chart, Charts, Grouping, assembled, grouped, moved, today_of
from app.quotes.quote import Quote
from app.quotes.seed import seeds

DAYS = {"1m": 22, "3m": 63, "6m": 126, "1y": 252}
MOST = 300
"""Candles of a chart that reaches back to the beginning; weeks if that suffices, else months."""
MARKS = 60
MONTH_DAYS = 31
WEEKS_DAYS = 364
"""52 weeks."""
LONGER: Mapping[Grouping, Timeframe] = {"week": "weekly", "month": "monthly"}


class Years(NamedTuple):
    """The range of the 52 weeks up to a day."""

    low: float
    high: float


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
        known = await corporate_actions.actions(connection, symbol, instrument.currency)
        if board.quote(symbol) is None:  # stored after the board was seeded
            board.know((instrument,))
            stored = await queries.newest_bars(connection, shape, [symbol])
            board.seed(seeds({symbol: instrument}, stored, {}, {symbol: known.splits}))
        quote = board.quote(symbol)
        before = quote.session if quote else None
        until = datetime.combine(before, time(), UTC) if before else None
        days = await bar_queries.stored(connection, shape, symbol, "daily", None, until, _most(span))
        grouping, limit = _cut(span, days, before)
        stored = _candles(days, grouping, limit)
        since = stored[0].day if stored else before
        marks = await queries.marks(connection, shape, symbol, since, MARKS) if since else []
    changed = _changed(days, quote, known.of(prices), (grouping, limit)) if quote else None
    jumps = unexplained_jumps(steps(_since(days, since), known.splits), known.splits) if since else ()
    years = _years(days, quote, known.splits) if quote else None
    made = assembled(instrument, span, grouping, changed or stored, quote, marks)
    made = made._replace(prices=prices, actions=known.of(prices), adjusted=changed is not None, jumps=tuple(jumps))
    newest = board.quote(symbol)
    if newest is not None and newest is not quote:
        made, _ = moved(made, newest)
    return History(charts.put(made), years)


def _most(span: str) -> int:
    """Days that are read: of the candles, and of 52 weeks."""
    return max(DAYS[span], WEEKS_DAYS) if span in DAYS else (MOST + 1) * MONTH_DAYS


def _cut(span: str, days: Columns, until: date | None) -> tuple[Grouping, int]:
    """How many candles of which length reach back as far as `span` says; today's comes on top."""
    if span in DAYS:
        return "day", DAYS[span] - 1
    if until is None or not days.values.size:
        return "month", MOST
    reach = until - day_of(days.values[0, 0])
    if reach <= timedelta(days=MOST):
        return "day", MOST
    return ("week", MOST) if reach <= timedelta(weeks=MOST) else ("month", MOST)


def _candles(days: Columns, grouping: Grouping, limit: int) -> list[Bar]:
    """The newest whole periods, oldest first; each bar starts like the first day of its period, traded or not."""
    longer = days if grouping == "day" else merged(days, LONGER[grouping])
    return bars(longer._replace(timeframe="daily", values=longer.values[:, -limit:]))


def _since(days: Columns, first: date) -> Floats:
    return days.values[:, days.values[0] >= day_start(first)]


def _changed(days: Columns, quote: Quote, known: Actions, cut: tuple[Grouping, int]) -> list[Bar] | None:
    """The candles before today's after all that is known; None where that changes nothing."""
    days_of = (*(split.day for split in known.splits), *(payout.day for payout in known.payouts))
    if not any(day <= quote.session for day in days_of):
        return None
    grouping, limit = cut
    # A week in which shares were split can only be told from its days.
    before = _candles(days, "day", limit if grouping == "day" else days.values.shape[1])
    (*made, _), changed = adjusted([*before, today_of(quote)], *known)
    return grouped(made, grouping)[-limit:] if changed else None


def _years(days: Columns, quote: Quote, splits: Sequence[Split]) -> Years | None:
    """In today's share, today included; None where no other day is stored."""
    begins = quote.session - timedelta(days=WEEKS_DAYS)
    within = _since(days, begins + timedelta(days=1))
    if not within.size:
        return None
    if not any(begins < split.day <= quote.session for split in splits):
        low, high = within[LOW].min(initial=quote.low), within[HIGH].max(initial=quote.high)
        return Years(float(low), float(high))
    before = bars(days._replace(values=within))
    made = adjusted([*before, today_of(quote)], splits).bars
    return Years(min(bar.low for bar in made), max(bar.high for bar in made))
