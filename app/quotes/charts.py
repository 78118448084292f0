"""The charts that somebody may be looking at: stored bars, today's on top, and the scale they are drawn in."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from app.finance.bars import Bar, day_start
from app.finance.instrument import Instrument
from app.quotes import chart
from app.quotes.board import Quote

Grouping = Literal["day", "week", "month"]


class Mark(NamedTuple):
    """A pattern at the candle of its day; `key` is what makes its id in the list of patterns."""

    day: date
    pattern: str
    timeframe: str
    direction: str
    at: float


class Chart(NamedTuple):
    """`past` are whole periods; the last candle is what `begun` holds of the period before today, and today."""

    instrument: Instrument
    span: str
    grouping: Grouping
    past: tuple[Bar, ...]
    begun: Bar | None
    today: Bar | None
    scale: chart.Scale | None
    marks: tuple[Mark, ...] = ()
    adjusted: bool = False
    """Prices before a split are not those that were paid."""

    @property
    def last(self) -> Bar | None:
        if self.begun is None or self.today is None:
            return self.today or self.begun
        return _joined(self.begun, self.today)

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self.past if self.last is None else (*self.past, self.last)


class Charts:
    """The newest `limit` charts asked for; the oldest one goes when one too many is put."""

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._charts: OrderedDict[tuple[str, str], Chart] = OrderedDict()
        self._spans: dict[str, set[str]] = {}

    def put(self, asked: Chart) -> Chart:
        symbol = asked.instrument.symbol
        self._charts[symbol, asked.span] = asked
        self._charts.move_to_end((symbol, asked.span))
        self._spans.setdefault(symbol, set()).add(asked.span)
        if len(self._charts) > self._limit:
            self._forget(*next(iter(self._charts)))
        return asked

    def get(self, symbol: str, span: str) -> Chart | None:
        return self._charts.get((symbol, span))

    def apply(self, quote: Quote) -> Iterator[tuple[Chart, bool]]:
        """Every chart of the symbol after this quote, and whether all of it must be drawn again.

        A feed that began again in the past leaves nothing to go on from: such a chart waits to be read anew.
        """
        for span in sorted(self._spans.get(quote.symbol, ())):
            before = self._charts[quote.symbol, span]
            if before.last and quote.session < before.last.day:
                self._forget(quote.symbol, span)
                continue
            after, whole = moved(before, quote)
            self._charts[quote.symbol, span] = after
            yield after, whole

    def _forget(self, symbol: str, span: str) -> None:
        del self._charts[symbol, span]
        self._spans[symbol].discard(span)
        if not self._spans[symbol]:
            del self._spans[symbol]


def assembled(
    instrument: Instrument,
    span: str,
    grouping: Grouping,
    stored: Sequence[Bar],
    quote: Quote | None,
    marks: Sequence[Mark] = (),
) -> Chart:
    """`stored` holds periods from before the quote's session, oldest first."""
    today = today_of(quote) if quote else None
    joins = bool(stored) and today is not None and _same_period(stored[-1], today, grouping)
    begun = stored[-1] if stored and (joins or today is None) else None
    past = tuple(stored if begun is None else stored[:-1])
    made = Chart(instrument, span, grouping, past, begun, today, None, tuple(marks))
    return made._replace(scale=chart.fitted(made.bars))


def moved(before: Chart, quote: Quote) -> tuple[Chart, bool]:
    today = today_of(quote)
    same_day = before.today is not None and before.today.start == today.start
    after = before._replace(today=today) if same_day else _next_day(before, today)
    if same_day and after.scale and after.last and after.scale.holds(after.last):
        return after, False
    return after._replace(scale=chart.fitted(after.bars)), True


def _next_day(before: Chart, today: Bar) -> Chart:
    last = before.last
    if last is None or last.start == today.start:
        return before._replace(begun=None, today=today)
    if _same_period(last, today, before.grouping):
        return before._replace(begun=last, today=today)
    past = before.past if before.span == "all" else before.past[1:]
    return before._replace(past=(*past, last), begun=None, today=today)


def today_of(quote: Quote) -> Bar:
    start = day_start(quote.session)
    return Bar(quote.symbol, "daily", start, quote.open, quote.high, quote.low, quote.price, quote.volume)


def grouped(days: Sequence[Bar], grouping: Grouping) -> list[Bar]:
    """Days into the periods they belong to, oldest first."""
    made: list[Bar] = []
    for bar in days:
        if made and _same_period(made[-1], bar, grouping):
            made[-1] = _joined(made[-1], bar)
        else:
            made.append(bar._replace(start=day_start(period(bar.day, grouping))))
    return made


def _joined(begun: Bar, today: Bar) -> Bar:
    return begun._replace(
        high=max(begun.high, today.high),
        low=min(begun.low, today.low),
        close=today.close,
        volume=begun.volume + today.volume,
    )


def _same_period(bar: Bar, today: Bar, grouping: Grouping) -> bool:
    return period(bar.day, grouping) == period(today.day, grouping)


def period(day: date, grouping: Grouping) -> date:
    """The day its period began: weeks on Monday, months on the first."""
    if grouping == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grouping == "month" else day
