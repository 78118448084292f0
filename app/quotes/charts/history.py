"""Reads the bars and pattern marks of a chart and puts it into the cache."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from app.db import corporate_actions
from app.db.pools import Pools
from app.finance.adjust import CorporateActions, Prices, Split, adjust
from app.finance.bars import Bar, day_of, day_start
from app.finance.columns import HIGH, LOW, Columns, bars, merge
from app.finance.jumps import steps, unexplained_jumps
from app.finance.panel import Floats
from app.quotes import queries
from app.quotes.bars import queries as bar_queries
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import TIMEFRAMES, Chart, ChartCache, Grouping, advance, assemble, group, today_of
from app.quotes.quote import SymbolQuote
from app.quotes.seed import seeds
from app.quotes.year_ranges import YearRange

DAYS = {"1m": 22, "3m": 63, "6m": 126, "1y": 252}
RANGES: tuple[str, ...] = (*DAYS, "all")
"""How far back a chart reaches."""
MOST_CANDLES = 300
"""Candles of a chart of all history: weeks if that suffices, else months."""
MARKS = 60
MONTH_DAYS = 31
WEEKS_DAYS = 364
"""52 weeks."""


class ChartRequest(NamedTuple):
    symbol: str
    span: str
    prices: Prices = "split"


class ChartHistory(NamedTuple):
    chart: Chart
    years: YearRange | None


async def chart(request: ChartRequest, pools: Pools, board: QuoteBoard, charts: ChartCache) -> Chart | None:
    """The cached chart, or a new one; None for an unknown symbol."""
    cached = charts.get(*request)
    if cached is not None:
        return cached
    read = await history(request, pools, board, charts)
    return read.chart if read else None


async def history(request: ChartRequest, pools: Pools, board: QuoteBoard, charts: ChartCache) -> ChartHistory | None:
    symbol, span, prices = request
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        instrument = board.instrument(symbol) or await queries.instrument(connection, shape, symbol)
        if instrument is None:
            return None
        actions = await corporate_actions.actions(connection, symbol, instrument.currency)
        if board.quote(symbol) is None:  # stored after the board was seeded
            board.add_instruments((instrument,))
            candles = await queries.newest_bars(connection, shape, [symbol])
            board.seed(seeds({symbol: instrument}, candles, {}, {symbol: actions.splits}))
        quote = board.quote(symbol)
        before = quote.session if quote else None
        until = datetime.combine(before, time(), UTC) if before else None
        days = await bar_queries.read_bars(connection, shape, symbol, "daily", None, until, _days_to_read(span))
        grouping, limit = _grouping_and_limit(span, days, before)
        candles = _candles(days, grouping, limit)
        since = candles[0].day if candles else before
        marks = await queries.marks(connection, shape, symbol, since, MARKS) if since else []
    adjusted_candles = _adjusted_candles(days, quote, actions.of(prices), (grouping, limit)) if quote else None
    jumps = unexplained_jumps(steps(_since(days, since), actions.splits), actions.splits) if since else ()
    years = _year_range(days, quote, actions.splits) if quote else None
    new_chart = assemble(instrument, span, grouping, adjusted_candles or candles, quote, marks)
    new_chart = new_chart._replace(
        prices=prices, actions=actions.of(prices), adjusted=adjusted_candles is not None, jumps=tuple(jumps)
    )
    newest = board.quote(symbol)
    if newest is not None and newest is not quote:
        new_chart, _ = advance(new_chart, newest)
    return ChartHistory(charts.put(new_chart), years)


def _days_to_read(span: str) -> int:
    """Days for the candles and for the 52-week range."""
    return max(DAYS[span], WEEKS_DAYS) if span in DAYS else (MOST_CANDLES + 1) * MONTH_DAYS


def _grouping_and_limit(span: str, days: Columns, until: date | None) -> tuple[Grouping, int]:
    """The grouping and the number of candles that `span` needs, without today's."""
    if span in DAYS:
        return "day", DAYS[span] - 1
    if until is None or not days.values.size:
        return "month", MOST_CANDLES
    reach = until - day_of(days.values[0, 0])
    if reach <= timedelta(days=MOST_CANDLES):
        return "day", MOST_CANDLES
    return ("week", MOST_CANDLES) if reach <= timedelta(weeks=MOST_CANDLES) else ("month", MOST_CANDLES)


def _candles(days: Columns, grouping: Grouping, limit: int) -> list[Bar]:
    """The newest whole periods, oldest first; each starts on the first day of its period, traded or not."""
    longer = days if grouping == "day" else merge(days, TIMEFRAMES[grouping])
    return bars(longer._replace(timeframe="daily", values=longer.values[:, -limit:]))


def _since(days: Columns, first: date) -> Floats:
    return days.values[:, days.values[0] >= day_start(first)]


def _adjusted_candles(
    days: Columns, quote: SymbolQuote, actions: CorporateActions, cut: tuple[Grouping, int]
) -> list[Bar] | None:
    """The candles before today, adjusted; None if no split or dividend applies."""
    days_of = (*(split.day for split in actions.splits), *(payout.day for payout in actions.payouts))
    if not any(day <= quote.session for day in days_of):
        return None
    grouping, limit = cut
    # A week with a split can only be adjusted day by day.
    before = _candles(days, "day", limit if grouping == "day" else days.values.shape[1])
    (*candles, _), changed = adjust([*before, today_of(quote)], *actions)
    return group(candles, grouping)[-limit:] if changed else None


def _year_range(days: Columns, quote: SymbolQuote, splits: Sequence[Split]) -> YearRange | None:
    """In today's share, including today; None if no other day is stored."""
    begins = quote.session - timedelta(days=WEEKS_DAYS)
    within = _since(days, begins + timedelta(days=1))
    if not within.size:
        return None
    if not any(begins < split.day <= quote.session for split in splits):
        low, high = within[LOW].min(initial=quote.low), within[HIGH].max(initial=quote.high)
        return YearRange(float(low), float(high))
    before = bars(days._replace(values=within))
    adjusted_days = adjust([*before, today_of(quote)], splits).bars
    return YearRange(min(bar.low for bar in adjusted_days), max(bar.high for bar in adjusted_days))
