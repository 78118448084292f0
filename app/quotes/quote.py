"""The newest quote of a symbol with the open, high, low and volume of its session."""

from datetime import date
from typing import Any, NamedTuple

from app.finance.instrument import Instrument
from app.finance.quote import NewestQuote
from app.finance.sessions import regular, trading_date
from app.web.numbers import FINEST_PLACES

SLOT_SECONDS = 900
"""Market seconds per point of a sparkline."""
LINE_SECONDS = 300
"""Market seconds between two pushes of a sparkline, whose last point follows the price."""
SPARK_SECONDS = 60.0
"""Least wall seconds between two pushes of a sparkline."""
SPARK_POINTS = 26
"""Slots of one regular session."""


class SymbolQuote(NamedTuple):
    """Prices in the instrument's currency; `at` is market time, `arrived_at` wall time, both UTC epoch seconds.

    open, high, low and volume are of the regular hours, as in daily bars; the price also changes before and after.
    """

    instrument: Instrument
    session: date
    price: float
    previous_close: float | None
    """In the share of this session, so that the change on the day of a split is right."""
    open: float
    high: float
    low: float
    volume: int
    at: float
    arrived_at: float | None = None
    """None if it was read from storage and not received."""
    move: int = 0
    """Direction of the last tick: -1, 0 or 1."""
    spark: tuple[float, ...] = ()
    """Last price of each slot of this session, oldest first; the last one is the newest price."""
    line_at: float = 0.0
    """Wall time of the last push of a sparkline."""
    has_traded: bool = True
    """Whether it traded in this session's regular hours; before that open, high and low equal the price."""
    close: float | None = None
    """Last price of the regular hours, once trading goes on after them."""
    outside: int = 0
    """Volume before and after the regular hours."""
    bid: float | None = None
    ask: float | None = None
    written_at: float = 0.0
    """Wall time at which the feed wrote this quote; 0 if it was made here."""

    @property
    def newest(self) -> NewestQuote:
        return NewestQuote(
            self.symbol, self.price, self.at, self.session.isoformat(), self.open, self.high, self.low, self.volume,
            self.previous_close, self.close, self.outside, self.has_traded, self.bid, self.ask, self.written_at,
        )  # fmt: skip

    def with_figures(self, figures: NewestQuote, **besides: Any) -> "SymbolQuote":
        """With the figures of the session, and other fields."""
        return self._replace(
            price=figures.price, at=figures.at, open=figures.open, high=figures.high, low=figures.low,
            volume=figures.volume, close=figures.close, outside=figures.outside, has_traded=figures.has_traded,
            written_at=0.0, **besides,
        )  # fmt: skip

    @property
    def hours(self) -> str:
        """The name of the extended hours in which the price was paid; empty in regular hours."""
        if self.has_traded and self.close is None:
            return ""
        return "before the open" if self.at < regular(self.session).opens else "after hours"

    @property
    def extended_hours(self) -> str:
        """As `hours`, where the price of the regular hours is known as well."""
        return self.hours if self.has_traded or self.previous_close is not None else ""

    @property
    def regular_price(self) -> float:
        """Of the regular hours: after them their close, before them the previous one, if that is known."""
        regular_close = self.close if self.has_traded else self.previous_close
        return self.price if regular_close is None else regular_close

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def change(self) -> float | None:
        """Rounded as finely as it is written, so that a change shown as 0.00 has no arrow."""
        return _difference(self.price, self.previous_close)

    @property
    def fraction(self) -> float | None:
        """Change as a part of the previous close. None where that is not above zero: the sign would mislead."""
        return _fraction(self.price, self.previous_close)

    @property
    def regular_change(self) -> float | None:
        """Of the price of the regular hours since the previous close."""
        return _difference(self.regular_price, self.previous_close)

    @property
    def regular_fraction(self) -> float | None:
        return _fraction(self.regular_price, self.previous_close)

    @property
    def extended_change(self) -> float | None:
        """Of the price of the extended hours since the regular close."""
        return _difference(self.price, self.regular_price)

    @property
    def extended_fraction(self) -> float | None:
        return _fraction(self.price, self.regular_price)

    @property
    def without_move(self) -> "SymbolQuote":
        """Without the last move, so that a newly rendered page does not flash."""
        return self._replace(move=0)

    def age(self, now: float) -> int | None:
        """Whole wall seconds since it was received."""
        return None if self.arrived_at is None else int(max(0.0, now - self.arrived_at))


def _difference(price: float, before: float | None) -> float | None:
    return None if before is None else round(price - before, FINEST_PLACES)


def _fraction(price: float, before: float | None) -> float | None:
    return price / before - 1 if before and before > 0 else None


def first_quote(instrument: Instrument, figures: NewestQuote, previous_close: float | None) -> SymbolQuote:
    return SymbolQuote(
        instrument, date.fromisoformat(figures.session), figures.price, previous_close, figures.open, figures.high,
        figures.low, figures.volume, figures.at, spark=(figures.price,), has_traded=figures.has_traded,
        close=figures.close, outside=figures.outside,
    )  # fmt: skip


def stored_quote(instrument: Instrument, price: float, previous_close: float | None, at: float) -> SymbolQuote:
    """Of a bar that ended at `at`, where no quote is there."""
    session = trading_date(at - 1)
    return SymbolQuote(instrument, session, price, previous_close, price, price, price, 0, at)


def merge(live: SymbolQuote, past: SymbolQuote) -> SymbolQuote:
    """`live` may have begun in the middle of a session of which `past` has the start."""
    newer = past if past.at > live.at else live
    quote = newer._replace(
        arrived_at=live.arrived_at,
        instrument=past.instrument,
        previous_close=past.previous_close if live.previous_close is None else live.previous_close,
        outside=max(live.outside, past.outside),
        spark=_splice_spark(live, past),
        bid=live.bid or past.bid,
        ask=live.ask or past.ask,
        written_at=0.0,
    )
    if live.has_traded and past.has_traded:
        return quote._replace(
            open=past.open,
            high=max(live.high, past.high),
            low=min(live.low, past.low),
            volume=max(live.volume, past.volume),
        )
    if not (live.has_traded or past.has_traded):
        return quote
    day = live if live.has_traded else past
    close = day.close if day.close is not None or newer is day else day.price
    return quote._replace(open=day.open, high=day.high, low=day.low, volume=day.volume, has_traded=True, close=close)


def _splice_spark(live: SymbolQuote, past: SymbolQuote) -> tuple[float, ...]:
    """Received points, preceded by stored ones of earlier slots."""
    first = int(live.at // SLOT_SECONDS) - len(live.spark) + 1
    earlier = len(past.spark) - (int(past.at // SLOT_SECONDS) - first + 1)
    return (*past.spark[: max(0, earlier)], *live.spark)[-SPARK_POINTS:]
