"""Reads the bars and pattern marks of a chart and puts it into the cache."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from app.db import corporate_actions
from app.db.market import MarketShape
from app.db.pools import Pools
from app.finance import calendar
from app.finance.adjust import CorporateActions, Split, adjust
from app.finance.bars import Bar, day_start
from app.finance.columns import HIGH, LOW, Columns, bars, merge
from app.finance.instrument import Instrument
from app.finance.jumps import Jump, steps, unexplained_jumps
from app.finance.panel import Floats
from app.finance.periods import DATED
from app.quotes import adjusted_bars, queries
from app.quotes.adjusted_bars import BarRange, ShareBasis
from app.quotes.bars import queries as bar_queries
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import Chart, ChartCache, OtherBars, advance, assemble, group, session_of, today_of
from app.quotes.charts.settings import ChartSettings
from app.quotes.quote import SymbolQuote
from app.quotes.seed import seeds
from app.quotes.year_ranges import YearRange
from app.rules.limits import LOOK_BACK

FIRST_LOAD = 120
"""Bars of a chart whose address names no range."""
MOST_BARS = 300
MARKS = 60
WARM_UP = LOOK_BACK
"""Bars before the first one that is drawn, for studies: as many as rules look back."""
YEAR_BARS = {"daily": 252, "weekly": 52, "monthly": 12}
NIGHT = time(5, tzinfo=UTC)
"""When no exchange session of the day before runs any more."""
WEEKS_DAYS = 364
"""52 weeks."""
DAYS_OF_PERIOD = {"daily": 1, "weekly": 5, "monthly": 23}
"""At most, that are sessions."""
MONTHS = {"1m": 1, "3m": 3, "6m": 6, "1y": 12, "2y": 24, "5y": 60}
SESSIONS = {"1d": 1, "5d": 5}


class ChartRequest(NamedTuple):
    symbol: str
    settings: ChartSettings = ChartSettings()


class ChartHistory(NamedTuple):
    chart: Chart
    years: YearRange | None


class _StoredBars(NamedTuple):
    """Whole bars before what runs now, oldest first, with those that only studies need."""

    bars: Sequence[Bar]
    adjusted: bool
    days: Columns | None = None
    """The daily bars that they were made of, as traded."""


async def chart(request: ChartRequest, pools: Pools, board: QuoteBoard, charts: ChartCache) -> Chart | None:
    """The cached chart, or a new one; None for an unknown symbol."""
    cached = charts.get(*request)
    if cached is not None:
        return cached
    read = await history(request, pools, board, charts)
    return read.chart if read else None


async def history(request: ChartRequest, pools: Pools, board: QuoteBoard, charts: ChartCache) -> ChartHistory | None:
    symbol, settings = request
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
        reader = _Reader(connection, shape, settings)
        own_bars = await reader.bars(instrument, quote, actions)
        if not own_bars.bars and settings.until:
            reader = reader._replace(settings=settings._replace(since=None, until=None))
            own_bars = await reader.bars(instrument, quote, actions)
        running = quote if _is_live(reader.settings, quote) else None
        new_chart = cut(assemble(instrument, settings, own_bars.bars, running))
        since = session_of(new_chart.bars[0]) if new_chart.bars else None
        marks = await queries.marks(connection, shape, symbol, settings.timeframe, since, MARKS) if since else []
        others, unknown = await reader.others(board, quote)
    new_chart = new_chart._replace(
        marks=tuple(marks),
        actions=actions.of(settings.prices),
        adjusted=own_bars.adjusted,
        jumps=_jumps(own_bars.days, since, actions),
        others=others,
        notes=(*new_chart.notes, *unknown),
    )
    newest = board.quote(symbol)
    if newest is not None and newest is not quote and _is_live(settings, newest):
        new_chart, _ = advance(new_chart, newest)
    years = _year_range(own_bars.days, quote, actions.splits) if quote and own_bars.days else None
    return ChartHistory(charts.put(new_chart), years)


def _is_live(settings: ChartSettings, quote: SymbolQuote | None) -> bool:
    return quote is not None and (settings.until is None or settings.until >= quote.session)


class _Reader(NamedTuple):
    connection: corporate_actions.Link
    shape: MarketShape
    settings: ChartSettings

    async def bars(self, instrument: Instrument, quote: SymbolQuote | None, actions: CorporateActions) -> _StoredBars:
        if self.settings.timeframe in DATED:
            return await self._dated(instrument.symbol, quote, actions)
        basis = ShareBasis(instrument, quote.session if quote else None, self.settings.prices)
        last = self.settings.until
        until = datetime.combine(last + timedelta(days=1), NIGHT) if last else None
        span = BarRange(self.settings.timeframe, None, until, bars_to_read(self.settings))
        return _StoredBars(*await adjusted_bars.bars(self.connection, self.shape, basis, span))

    async def _dated(self, symbol: str, quote: SymbolQuote | None, actions: CorporateActions) -> _StoredBars:
        timeframe, count = self.settings.timeframe, bars_to_read(self.settings)
        before = quote.session if quote else None
        if self.settings.until and (before is None or self.settings.until < before):
            before = self.settings.until + timedelta(days=1)
        until = datetime.combine(before, time(), UTC) if before else None
        to_read = max(count * DAYS_OF_PERIOD[timeframe], WEEKS_DAYS)
        days = await bar_queries.read_bars(self.connection, self.shape, symbol, "daily", None, until, to_read)
        adjusted = _adjusted_periods(days, quote, actions.of(self.settings.prices), self.settings) if quote else None
        return _StoredBars((adjusted or _periods(days, self.settings))[-count:], adjusted is not None, days)

    async def others(
        self, board: QuoteBoard, quote: SymbolQuote | None
    ) -> tuple[tuple[OtherBars, ...], tuple[str, ...]]:
        """The symbols to compare with, and a sentence for each that is unknown."""
        others, notes = [], []
        for symbol in dict.fromkeys((*self.settings.compare, *(study.symbol for study in self.settings.panes))):
            instrument = symbol and (
                board.instrument(symbol) or await queries.instrument(self.connection, self.shape, symbol)
            )
            if not instrument:
                notes.extend([f"No symbol {symbol} is known, so it is not drawn."] if symbol else [])
                continue
            actions = await corporate_actions.actions(self.connection, symbol, instrument.currency)
            own_quote = board.quote(symbol)
            own_bars = await self.bars(instrument, own_quote, actions)
            running = own_quote if own_quote and quote and own_quote.session == quote.session else None
            live = running if _is_live(self.settings, running) else None
            others.append(OtherBars(instrument, assemble(instrument, self.settings, own_bars.bars, live).all_bars))
        return tuple(others), tuple(notes)


def bars_to_read(settings: ChartSettings) -> int:
    """Of the newest bars of its timeframe: as many as can be drawn, and those that only studies need."""
    count = MOST_BARS + 1 if settings.span or settings.since else FIRST_LOAD
    studied = any((*settings.overlays, *settings.panes))
    return count + (WARM_UP if studied else 0)


def cut(chart: Chart) -> Chart:
    """The chart from the first bar of its range on; the newest bars where it has none there."""
    everything, until = chart.all_bars, chart.settings.until
    if until and everything and session_of(everything[0]) > until:
        words = f"No bar is stored until {until}, so that the newest ones are drawn."
        return chart._replace(first=max(0, len(everything) - FIRST_LOAD), notes=(words,))
    first, notes = _first(chart.settings, everything)
    if len(everything) - first > MOST_BARS:
        first = len(everything) - MOST_BARS
        notes = (
            *notes,
            f"The newest {MOST_BARS} bars of the range are drawn: a longer timeframe reaches back farther.",
        )
    return chart._replace(first=first, notes=notes)


def _first(settings: ChartSettings, everything: Sequence[Bar]) -> tuple[int, tuple[str, ...]]:
    newest = max(0, len(everything) - FIRST_LOAD)
    since = _since(settings, session_of(everything[-1])) if everything else None
    if since is None:
        return (0 if settings.span == "all" else newest), ()
    place = next((n for n, bar in enumerate(everything) if session_of(bar) >= since), None)
    if place is None:
        return newest, (f"No bar is stored from {since} on, so that the newest ones before it are drawn.",)
    if place == 0 and settings.since and session_of(everything[0]) > settings.since:
        return 0, (f"The first bar that is stored is of {session_of(everything[0])}.",)
    return place, ()


def _since(settings: ChartSettings, last: date) -> date | None:
    """The first day of the range whose last one is `last`."""
    if settings.since:
        return settings.since
    if settings.span in SESSIONS:
        days = list(calendar.sessions(last - timedelta(days=14), last))
        return (days or [last])[-SESSIONS[settings.span] :][0]
    if settings.span not in MONTHS:
        return None
    month = last.year * 12 + last.month - 1 - MONTHS[settings.span]
    first = date(month // 12, month % 12 + 1, 1)
    return first + timedelta(days=last.day)


def _periods(days: Columns, settings: ChartSettings) -> list[Bar]:
    """Whole periods, oldest first; each starts on the first day of its period, traded or not."""
    longer = days if settings.timeframe == "daily" else merge(days, settings.timeframe)
    return bars(longer._replace(timeframe="daily"))


def _adjusted_periods(
    days: Columns, quote: SymbolQuote, actions: CorporateActions, settings: ChartSettings
) -> list[Bar] | None:
    """The same, adjusted; None if no split or dividend applies."""
    days_of = (*(split.day for split in actions.splits), *(payout.day for payout in actions.payouts))
    if not any(day <= quote.session for day in days_of):
        return None
    # A week with a split can only be adjusted day by day.
    (*candles, _), changed = adjust([*bars(days), today_of(quote)], *actions)
    return group(candles, settings.timeframe) if changed else None


def _jumps(days: Columns | None, since: date | None, actions: CorporateActions) -> tuple[Jump, ...]:
    if days is None or since is None:
        return ()
    return tuple(unexplained_jumps(steps(_values_since(days, since), actions.splits), actions.splits))


def _values_since(days: Columns, first: date) -> Floats:
    return days.values[:, days.values[0] >= day_start(first)]


def _year_range(days: Columns, quote: SymbolQuote, splits: Sequence[Split]) -> YearRange | None:
    """In today's share, including today; None if no other day is stored."""
    begins = quote.session - timedelta(days=WEEKS_DAYS)
    within = _values_since(days, begins + timedelta(days=1))
    if not within.size:
        return None
    if not any(begins < split.day <= quote.session for split in splits):
        low, high = within[LOW].min(initial=quote.low), within[HIGH].max(initial=quote.high)
        return YearRange(float(low), float(high))
    before = bars(days._replace(values=within))
    adjusted_days = adjust([*before, today_of(quote)], splits).bars
    return YearRange(min(bar.low for bar in adjusted_days), max(bar.high for bar in adjusted_days))
