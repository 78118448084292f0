"""The newest of a symbol, with what its session has done so far, as the desk shows it."""

from datetime import date
from typing import Any, NamedTuple

from app.finance.instrument import Instrument
from app.finance.quote import NewestQuote
from app.finance.sessions import regular

SLOT = 300
"""Seconds of market time behind one point of a sparkline."""
LINE_SECONDS = 60.0
"""Of the wall's clock, between two sparklines that pages are sent: at real speed one gains a point every 300."""
POINTS = 78
"""One regular session of slots."""


class Quote(NamedTuple):
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
    begun: bool = True
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
            self.previous_close, self.close, self.outside, self.begun, self.bid, self.ask, self.written_at,
        )  # fmt: skip

    def with_figures(self, figures: NewestQuote, **besides: Any) -> "Quote":
        """With what a session's account says now, and other fields that change with it."""
        return self._replace(
            price=figures.price, at=figures.at, open=figures.open, high=figures.high, low=figures.low,
            volume=figures.volume, close=figures.close, outside=figures.outside, begun=figures.begun, written_at=0.0,
            **besides,
        )  # fmt: skip

    @property
    def hours(self) -> str:
        """In which the price was paid, where they are not the regular ones."""
        if self.begun and self.close is None:
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
    def resting(self) -> "Quote":
        """The same without its last move: a page that has just been drawn has nothing to flash about."""
        return self._replace(move=0)

    def age(self, now: float) -> float | None:
        """Seconds of wall time since it was heard."""
        return None if self.arrived_at is None else max(0.0, now - self.arrived_at)


def opened(instrument: Instrument, figures: NewestQuote, previous_close: float | None) -> Quote:
    return Quote(
        instrument, date.fromisoformat(figures.session), figures.price, previous_close, figures.open, figures.high,
        figures.low, figures.volume, figures.at, spark=(figures.price,), begun=figures.begun, close=figures.close,
        outside=figures.outside,
    )  # fmt: skip


def merged(heard: Quote, stored: Quote) -> Quote:
    """`heard` may have begun in the middle of a session that `stored` knows from its start."""
    newer = stored if stored.at > heard.at else heard
    made = newer._replace(
        arrived_at=heard.arrived_at,
        instrument=stored.instrument,
        previous_close=stored.previous_close if heard.previous_close is None else heard.previous_close,
        outside=max(heard.outside, stored.outside),
        spark=_spliced(heard, stored),
        bid=heard.bid or stored.bid,
        ask=heard.ask or stored.ask,
        written_at=0.0,
    )
    if heard.begun and stored.begun:
        return made._replace(
            open=stored.open,
            high=max(heard.high, stored.high),
            low=min(heard.low, stored.low),
            volume=max(heard.volume, stored.volume),
        )
    if not (heard.begun or stored.begun):
        return made
    day = heard if heard.begun else stored
    close = day.close if day.close is not None or newer is day else day.price
    return made._replace(open=day.open, high=day.high, low=day.low, volume=day.volume, begun=True, close=close)


def _spliced(heard: Quote, stored: Quote) -> tuple[float, ...]:
    """Heard points, and before them the stored ones of earlier slots."""
    first = int(heard.at // SLOT) - len(heard.spark) + 1
    earlier = len(stored.spark) - (int(stored.at // SLOT) - first + 1)
    return (*stored.spark[: max(0, earlier)], *heard.spark)[-POINTS:]
