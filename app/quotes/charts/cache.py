"""Cache of charts: stored bars, the current session and the scale."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from app.finance.adjust import CorporateActions, Prices, rates_across, scale_bar
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.instrument import Instrument
from app.finance.jumps import Jump, is_jump
from app.finance.periods import first_day
from app.quotes.charts import geometry
from app.quotes.quote import SymbolQuote

Grouping = Literal["day", "week", "month"]
TIMEFRAMES: Mapping[Grouping, Timeframe] = {"day": "daily", "week": "weekly", "month": "monthly"}


class PatternMark(NamedTuple):
    """A pattern on the candle of its day; `key` makes its id in the list of patterns."""

    day: date
    pattern: str
    timeframe: str
    direction: str
    at: float


class Chart(NamedTuple):
    """`past` has whole periods. The last candle combines today with `begun`, the days of the current period before
    today."""

    instrument: Instrument
    span: str
    grouping: Grouping
    past: tuple[Bar, ...]
    open_period: Bar | None
    today: Bar | None
    scale: geometry.Scale | None
    marks: tuple[PatternMark, ...] = ()
    prices: Prices = "split"
    actions: CorporateActions = CorporateActions()
    """Splits and dividends that apply to these prices, including future ones."""
    adjusted: bool = False
    """Whether some prices differ from those paid."""
    jumps: tuple[Jump, ...] = ()
    """Before today, oldest first."""

    @property
    def key(self) -> "Key":
        return self.instrument.symbol, self.span, self.prices

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
        if before and today and is_jump(before.close, today.open):
            jumps = (*self.jumps, Jump(today.day, before.close, today.open))
        else:
            jumps = self.jumps
        return tuple(jump for jump in jumps if jump.day >= self.bars[0].day)

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self.past if self.last is None else (*self.past, self.last)


Key = tuple[str, str, Prices]
"""Symbol, range, and kind of prices."""


class ChartCache:
    """The newest `limit` charts requested; the oldest one is evicted."""

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._charts: OrderedDict[Key, Chart] = OrderedDict()
        self._keys: dict[str, set[Key]] = {}
        self._to_redraw: set[Key] = set()

    def put(self, chart: Chart) -> Chart:
        """Keeps the scale of a chart that is on pages already, or has it redrawn with the next quote."""
        key, before = chart.key, self._charts.get(chart.key)
        if before and before != chart:
            if before.past == chart.past and before.scale and chart.last and before.scale.holds(chart.last):
                chart = chart._replace(scale=before.scale)
            else:
                self._to_redraw.add(key)
        self._charts[key] = chart
        self._charts.move_to_end(key)
        self._keys.setdefault(chart.instrument.symbol, set()).add(key)
        if len(self._charts) > self._limit:
            self._forget(next(iter(self._charts)))
        return chart

    def get(self, symbol: str, span: str, prices: Prices = "split") -> Chart | None:
        return self._charts.get((symbol, span, prices))

    def apply(self, quote: SymbolQuote) -> Iterator[tuple[Chart, bool]]:
        """Every chart of the symbol after this quote, and whether it must be redrawn as a whole.

        A feed that began again in the past invalidates its charts; they are read again on request.
        """
        for key in sorted(self._keys.get(quote.symbol, ())):
            before = self._charts[key]
            if before.last and quote.session < before.last.day:
                self._forget(key)
                continue
            after, whole = advance(before, quote)
            self._charts[key] = after
            yield after, whole or key in self._to_redraw
            self._to_redraw.discard(key)

    def _forget(self, key: Key) -> None:
        del self._charts[key]
        self._to_redraw.discard(key)
        self._keys[key[0]].discard(key)
        if not self._keys[key[0]]:
            del self._keys[key[0]]


def assemble(
    instrument: Instrument,
    span: str,
    grouping: Grouping,
    periods: Sequence[Bar],
    quote: SymbolQuote | None,
    marks: Sequence[PatternMark] = (),
) -> Chart:
    """`periods`: before the quote's session, oldest first."""
    today = today_of(quote) if quote else None
    joins = bool(periods) and today is not None and _same_period(periods[-1], today, grouping)
    open_period = periods[-1] if periods and (joins or today is None) else None
    past = tuple(periods if open_period is None else periods[:-1])
    chart = Chart(instrument, span, grouping, past, open_period, today, None, tuple(marks))
    return chart._replace(scale=geometry.fit(chart.bars))


def advance(before: Chart, quote: SymbolQuote) -> tuple[Chart, bool]:
    today = today_of(quote)
    same_day = before.today is not None and before.today.start == today.start
    after = before._replace(today=today) if same_day else _next_day(before, today)
    if same_day and after.scale and after.last and after.scale.holds(after.last):
        return after, False
    return after._replace(scale=geometry.fit(after.bars)), True


def _next_day(before: Chart, today: Bar) -> Chart:
    if before.today is not None and before.today.start < today.start:
        before = before._replace(jumps=before.unexplained_jumps)
    if before.today is not None:
        before = _adjust_to(before, before.today, today.day)
    last = before.last
    if last is None or last.start == today.start:
        return before._replace(open_period=None, today=today)
    if _same_period(last, today, before.grouping):
        return before._replace(open_period=last, today=today)
    past = before.past if before.span == "all" else before.past[1:]
    return before._replace(past=(*past, last), open_period=None, today=today)


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


def group(days: Sequence[Bar], grouping: Grouping) -> list[Bar]:
    """Daily bars as weeks or months, oldest first."""
    periods: list[Bar] = []
    for bar in days:
        if periods and _same_period(periods[-1], bar, grouping):
            periods[-1] = _merge(periods[-1], bar)
        else:
            periods.append(bar._replace(start=day_start(period(bar.day, grouping))))
    return periods


def _merge(earlier: Bar, today: Bar) -> Bar:
    return earlier._replace(
        high=max(earlier.high, today.high),
        low=min(earlier.low, today.low),
        close=today.close,
        volume=earlier.volume + today.volume,
    )


def _same_period(bar: Bar, today: Bar, grouping: Grouping) -> bool:
    return period(bar.day, grouping) == period(today.day, grouping)


def period(day: date, grouping: Grouping) -> date:
    """First day of the period: Monday of a week, the first of a month."""
    return first_day(TIMEFRAMES[grouping], day)
