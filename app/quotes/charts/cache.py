"""Cache of charts: stored bars and the bar that still runs."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from app.finance.adjust import CorporateActions, rates_across, scale_bar
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.instrument import Instrument
from app.finance.jumps import Jump, is_jump
from app.finance.periods import DATED, begin
from app.finance.sessions import trading_date
from app.quotes.charts.grid import DrawnScale
from app.quotes.charts.settings import ChartSettings
from app.quotes.quote import SymbolQuote


class PatternMark(NamedTuple):
    """A pattern on the candle of its day; `key` makes its id in the list of patterns."""

    day: date
    pattern: str
    timeframe: str
    direction: str
    at: float


class OtherBars(NamedTuple):
    """Of a symbol that the chart is compared with, oldest first, with the bar that still runs if there is one."""

    instrument: Instrument
    bars: tuple[Bar, ...]


class Chart(NamedTuple):
    """`past` has whole bars, oldest first: `first` of them are not drawn, because studies begin with them. The last bar
    combines what runs now, `today`, with `open_period`, what is stored of the same period."""

    instrument: Instrument
    settings: ChartSettings
    past: tuple[Bar, ...]
    open_period: Bar | None = None
    today: Bar | None = None
    first: int = 0
    marks: tuple[PatternMark, ...] = ()
    actions: CorporateActions = CorporateActions()
    """Splits and dividends that apply to these prices, including future ones."""
    adjusted: bool = False
    """Whether some prices differ from those paid."""
    jumps: tuple[Jump, ...] = ()
    """Before today, oldest first."""
    others: tuple[OtherBars, ...] = ()
    notes: tuple[str, ...] = ()
    """A sentence for each thing that the settings ask for and that cannot be drawn."""

    @property
    def key(self) -> "Key":
        return self.instrument.symbol, self.settings

    @property
    def last(self) -> Bar | None:
        if self.open_period is None or self.today is None:
            return self.today or self.open_period
        return _merge(self.open_period, self.today)

    @property
    def unexplained_jumps(self) -> tuple[Jump, ...]:
        """Including today's, as far back as the candles. Candles are already in today's share."""
        before = self.open_period or (self.past[-1] if self.past else None)
        today = self.today
        if self.settings.timeframe not in DATED or not self.bars:
            return ()
        if before and today and is_jump(before.close, today.open):
            jumps = (*self.jumps, Jump(today.day, before.close, today.open))
        else:
            jumps = self.jumps
        return tuple(jump for jump in jumps if jump.day >= self.bars[0].day)

    @property
    def all_bars(self) -> tuple[Bar, ...]:
        """With those that are not drawn."""
        return self.past if self.last is None else (*self.past, self.last)

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self.all_bars[self.first :]


Key = tuple[str, ChartSettings]
"""Symbol and settings."""


class ChartCache:
    """The newest `limit` charts requested; the oldest one is evicted."""

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._charts: OrderedDict[Key, Chart] = OrderedDict()
        self._keys: dict[str, list[Key]] = {}
        self._to_redraw: set[Key] = set()
        self._scales: dict[Key, DrawnScale] = {}

    def put(self, chart: Chart) -> Chart:
        """A chart that is on pages already and differs is redrawn with the next quote."""
        key, before = chart.key, self._charts.get(chart.key)
        if before and before._replace(today=None) != chart._replace(today=None):
            self._to_redraw.add(key)
        self._charts[key] = chart
        self._charts.move_to_end(key)
        keys = self._keys.setdefault(chart.instrument.symbol, [])
        if key not in keys:
            keys.append(key)
        if len(self._charts) > self._limit:
            self._forget(next(iter(self._charts)))
        return chart

    def get(self, symbol: str, settings: ChartSettings) -> Chart | None:
        return self._charts.get((symbol, settings))

    def scale(self, chart: Chart) -> DrawnScale | None:
        """On which pages show the chart; None before the first drawing."""
        return self._scales.get(chart.key)

    def keep_scale(self, chart: Chart, scale: DrawnScale) -> None:
        if chart.key in self._charts:
            self._scales[chart.key] = scale

    def apply(self, quote: SymbolQuote) -> Iterator[tuple[Chart, bool]]:
        """Every live chart of the symbol after this quote, and whether it must be redrawn as a whole.

        A feed that began again in the past invalidates its charts; they are read again on request.
        """
        for key in list(self._keys.get(quote.symbol, ())):
            before = self._charts[key]
            if before.last and quote.session < session_of(before.last):
                self._forget(key)
                continue
            if before.settings.until and before.settings.until < quote.session:
                continue
            after, whole = advance(before, quote)
            self._charts[key] = after
            yield after, whole or key in self._to_redraw
            self._to_redraw.discard(key)

    def _forget(self, key: Key) -> None:
        del self._charts[key]
        self._scales.pop(key, None)
        self._to_redraw.discard(key)
        self._keys[key[0]].remove(key)
        if not self._keys[key[0]]:
            del self._keys[key[0]]


def session_of(bar: Bar) -> date:
    """The trading date of an intraday bar; the date that a longer bar is identified by."""
    return bar.day if bar.timeframe in DATED else trading_date(bar.start)


def assemble(
    instrument: Instrument,
    settings: ChartSettings,
    periods: Sequence[Bar],
    quote: SymbolQuote | None,
    marks: Sequence[PatternMark] = (),
) -> Chart:
    """`periods`: whole bars before the quote's session, of intraday bars before the quote, oldest first; the last one
    may be of a period that still runs. Without a quote nothing runs."""
    newest = periods[-1] if periods else None
    today = first_bar(quote, settings.timeframe, newest) if quote else None
    joins = newest is not None and today is not None and _same_period(newest, today, settings.timeframe)
    open_period = newest if joins or today is None else None
    past = tuple(periods if open_period is None else periods[:-1])
    return Chart(instrument, settings, past, open_period, today, marks=tuple(marks))


def first_bar(quote: SymbolQuote, timeframe: Timeframe, newest: Bar | None) -> Bar | None:
    """What runs now: the day, or the price of an intraday bar that is not older than the newest one stored."""
    if timeframe in DATED:
        return today_of(quote)
    start = begin(timeframe, quote.at)
    if quote.arrived_at is None or (newest is not None and start < newest.start):
        return None
    return Bar(quote.symbol, timeframe, start, quote.price, quote.price, quote.price, quote.price, 0)


def advance(before: Chart, quote: SymbolQuote) -> tuple[Chart, bool]:
    """The chart after a quote, and whether other bars than the last one changed."""
    if before.settings.timeframe not in DATED:
        return _advance_intraday(before, quote)
    today = today_of(quote)
    if before.today is not None and before.today.start == today.start:
        return before._replace(today=today), False
    return _next_day(before, today), True


def _advance_intraday(before: Chart, quote: SymbolQuote) -> tuple[Chart, bool]:
    fresh, last = first_bar(quote, before.settings.timeframe, before.last), before.last
    if fresh is None:
        return before, False
    if last is None or fresh.start > last.start:
        return _with_new_bar(before, fresh), True
    return before._replace(today=_merge(before.today, fresh) if before.today else fresh), False


def _next_day(before: Chart, today: Bar) -> Chart:
    if before.today is not None and before.today.start < today.start:
        before = before._replace(jumps=before.unexplained_jumps)
    if before.today is not None:
        before = _adjust_to(before, before.today, today.day)
    last = before.last
    if last is not None and last.start != today.start and _same_period(last, today, before.settings.timeframe):
        return before._replace(open_period=last, today=today)
    return _with_new_bar(before, today)


def _with_new_bar(before: Chart, running: Bar) -> Chart:
    last, settings = before.last, before.settings
    if last is None or last.start == running.start:
        return before._replace(open_period=None, today=running)
    grows = settings.span == "all" or settings.since is not None
    past = before.past if grows else before.past[1:]
    return before._replace(past=(*past, last), open_period=None, today=running)


def _adjust_to(before: Chart, last: Bar, day: date) -> Chart:
    """A split between two sessions changes every candle."""
    rates = rates_across(last, day, before.actions)
    if rates == (1, 1):
        return before
    past = tuple(scale_bar(bar, rates) for bar in before.past)
    open_period = before.open_period and scale_bar(before.open_period, rates)
    return before._replace(past=past, open_period=open_period, today=scale_bar(last, rates), adjusted=True)


def today_of(quote: SymbolQuote) -> Bar:
    start = day_start(quote.session)
    close = quote.price if quote.close is None else quote.close
    return Bar(quote.symbol, "daily", start, quote.open, quote.high, quote.low, close, quote.volume)


def group(days: Sequence[Bar], timeframe: Timeframe) -> list[Bar]:
    """Daily bars as weeks or months, oldest first; each keeps the timeframe of its days."""
    periods: list[Bar] = []
    for bar in days:
        if periods and _same_period(periods[-1], bar, timeframe):
            periods[-1] = _merge(periods[-1], bar)
        else:
            periods.append(bar._replace(start=begin(timeframe, bar.start) if timeframe != "daily" else bar.start))
    return periods


def _merge(earlier: Bar, today: Bar) -> Bar:
    return earlier._replace(
        high=max(earlier.high, today.high),
        low=min(earlier.low, today.low),
        close=today.close,
        volume=earlier.volume + today.volume,
    )


def _same_period(bar: Bar, today: Bar, timeframe: Timeframe) -> bool:
    return period(bar, timeframe) == period(today, timeframe)


def period(bar: Bar, timeframe: Timeframe) -> float:
    """Where the bar of that timeframe starts that this one belongs to."""
    return bar.start if timeframe == "daily" else begin(timeframe, bar.start)
