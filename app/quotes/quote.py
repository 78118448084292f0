"""The newest quote of a symbol with the open, high, low and volume of its session."""

from datetime import date
from typing import Any, NamedTuple

from app.finance.instrument import Instrument
from app.finance.quote import NewestQuote
from app.finance.sessions import regular

SLOT_SECONDS = 300
"""Seconds of market time behind one point of a sparkline."""
SPARK_SECONDS = 60.0
"""Of the wall's clock, between two sparklines that pages are sent: at real speed one gains a point every 300."""
SPARK_POINTS = 78
"""One regular session of slots."""


class SymbolQuote(NamedTuple):
    """Prices in the instrument's currency; `at` is market time, `arrived_at` wall time, both UTC epoch seconds.

    open, high, low and volume are those of the regular hours, as in daily bars; the price goes on before and after.
    """

    instrument: Instrument
    session: date
    price: float
    previous_close: float | None
    """In the share of this session: the day of a split compares like with like."""
    open: float
    high: float
    low: float
    volume: int
    at: float
    arrived_at: float | None = None
    """None: not heard by this process, but read from what was stored."""
    move: int = 0
    """-1, 0 or 1: where the last tick went."""
    spark: tuple[float, ...] = ()
    """The last price of each slot of this session, oldest first, the newest price at the end."""
    line_at: float = 0.0
    """Wall time at which pages were last sent the sparkline with a new point."""
    has_traded: bool = True
    """Whether it was traded in this session's regular hours; until then open, high and low are the price."""
    close: float | None = None
    """Where the regular hours ended, once trading goes on after them."""
    outside: int = 0
    """Volume before and after the regular hours."""
    bid: float | None = None
    ask: float | None = None
    written_at: float = 0.0
    """When the feed itself wrote this, in wall time; 0 where it was put together here."""

    @property
    def newest(self) -> NewestQuote:
        return NewestQuote(
            self.symbol, self.price, self.at, self.session.isoformat(), self.open, self.high, self.low, self.volume,
            self.previous_close, self.close, self.outside, self.has_traded, self.bid, self.ask, self.written_at,
        )  # fmt: skip

    def with_figures(self, figures: NewestQuote, **besides: Any) -> "SymbolQuote":
        """With what a session's account says now, and other fields that change with it."""
        return self._replace(
            price=figures.price, at=figures.at, open=figures.open, high=figures.high, low=figures.low,
            volume=figures.volume, close=figures.close, outside=figures.outside, has_traded=figures.has_traded,
            written_at=0.0, **besides,
        )  # fmt: skip

    @property
    def hours(self) -> str:
        """In which the price was paid, where they are not the regular ones."""
        if self.has_traded and self.close is None:
            return ""
        return "before the open" if self.at < regular(self.session).opens else "after hours"

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def change(self) -> float | None:
        """In whole ticks, as it is written: what reads 0.00 has no arrow."""
        if self.previous_close is None:
            return None
        tick = self.instrument.tick_size
        return round((self.price - self.previous_close) / tick) * tick

    @property
    def fraction(self) -> float | None:
        return self.price / self.previous_close - 1 if self.previous_close else None

    @property
    def without_move(self) -> "SymbolQuote":
        """The same without its last move: a page that has just been drawn has nothing to flash about."""
        return self._replace(move=0)

    def age(self, now: float) -> float | None:
        """Seconds of wall time since it was heard."""
        return None if self.arrived_at is None else max(0.0, now - self.arrived_at)


def first_quote(instrument: Instrument, figures: NewestQuote, previous_close: float | None) -> SymbolQuote:
    return SymbolQuote(
        instrument, date.fromisoformat(figures.session), figures.price, previous_close, figures.open, figures.high,
        figures.low, figures.volume, figures.at, spark=(figures.price,), has_traded=figures.has_traded,
        close=figures.close, outside=figures.outside,
    )  # fmt: skip


def merge(live: SymbolQuote, past: SymbolQuote) -> SymbolQuote:
    """`heard` may have begun in the middle of a session that `stored` knows from its start."""
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
    """Heard points, and before them the stored ones of earlier slots."""
    first = int(live.at // SLOT_SECONDS) - len(live.spark) + 1
    earlier = len(past.spark) - (int(past.at // SLOT_SECONDS) - first + 1)
    return (*past.spark[: max(0, earlier)], *live.spark)[-SPARK_POINTS:]
