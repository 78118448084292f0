"""The newest quote of every symbol, with what its session has done so far."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from app.finance.instrument import Instrument
from app.finance.sessions import trading_date
from app.wire.events import Tick

DAY = 86_400.0
SLOT = 300
"""Seconds of market time behind one point of a sparkline."""
POINTS = 78
"""One regular session of slots."""
SHOWN = 100
"""Rows of the desk; the others are found by search."""


class Quote(NamedTuple):
    """Prices in the instrument's currency; `at` is market time, `arrived_at` wall time, both UTC epoch seconds."""

    instrument: Instrument
    session: date
    price: float
    previous_close: float | None
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


class Board:
    def __init__(self, instruments: Iterable[Instrument] = (), limit: int = 20_000) -> None:
        self._limit = limit
        self._instruments: dict[str, Instrument] = {}
        self._quotes: dict[str, Quote] = {}
        self._grown = False
        self.know(instruments)

    def apply(self, tick: Tick) -> Quote | None:
        """The quote after `tick`: unchanged by a late one, None for a symbol beyond the limit."""
        before = self._quotes.get(tick.symbol)
        if before is None:
            return self._first(tick)
        if before.at - DAY <= tick.at < before.at:
            return before
        if trading_date(tick.at) == before.session:
            quote = _continued(before, tick)
        else:
            known = before.price if tick.at > before.at else None
            quote = _opened(before.instrument, tick, known, before.price)
        self._quotes[tick.symbol] = quote
        return quote

    def quote(self, symbol: str) -> Quote | None:
        return self._quotes.get(symbol)

    def all(self) -> list[Quote]:
        """By symbol: an order that no price can change."""
        return [self._quotes[symbol] for symbol in sorted(self._quotes)]

    def instrument(self, symbol: str) -> Instrument | None:
        return self._instruments.get(symbol)

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    def know(self, instruments: Iterable[Instrument]) -> None:
        for instrument in instruments:
            if instrument.symbol in self._instruments or len(self._instruments) < self._limit:
                self._instruments[instrument.symbol] = instrument

    def seed(self, quotes: Iterable[Quote]) -> None:
        """What was stored fills the gaps of what was heard, and never overwrites it."""
        for stored in quotes:
            self.know((stored.instrument,))
            heard = self._quotes.get(stored.symbol)
            if heard is None:
                self._grown = True
                self._quotes[stored.symbol] = stored
            elif heard.session == stored.session:
                self._quotes[stored.symbol] = _completed(heard, stored)
            elif heard.at < stored.at:
                self._quotes[stored.symbol] = stored._replace(arrived_at=heard.arrived_at)

    def grew(self) -> bool:
        """Whether there are symbols that no page has a row for; asking clears it."""
        grown, self._grown = self._grown, False
        return grown

    def _first(self, tick: Tick) -> Quote | None:
        instrument = self._instruments.get(tick.symbol)
        if instrument is None:
            if len(self._instruments) >= self._limit:
                return None
            instrument = self._instruments[tick.symbol] = Instrument(tick.symbol)
        quote = self._quotes[tick.symbol] = _opened(instrument, tick, None, None)
        self._grown = True
        return quote


def _opened(instrument: Instrument, tick: Tick, previous_close: float | None, last: float | None) -> Quote:
    return Quote(
        instrument=instrument,
        session=trading_date(tick.at),
        price=tick.price,
        previous_close=previous_close,
        open=tick.price if tick.open is None else tick.open,
        high=max(tick.price, tick.price if tick.high is None else tick.high),
        low=min(tick.price, tick.price if tick.low is None else tick.low),
        volume=tick.volume,
        at=tick.at,
        arrived_at=tick.arrived_at,
        move=_sign(tick.price, last),
        spark=(tick.price,),
    )


def _continued(before: Quote, tick: Tick) -> Quote:
    same_slot = before.spark and tick.at // SLOT == before.at // SLOT
    past = before.spark[:-1] if same_slot else before.spark[-POINTS + 1 :]
    return before._replace(
        price=tick.price,
        high=max(before.high, tick.price, tick.price if tick.high is None else tick.high),
        low=min(before.low, tick.price, tick.price if tick.low is None else tick.low),
        volume=before.volume + tick.volume,
        at=tick.at,
        arrived_at=tick.arrived_at,
        move=_sign(tick.price, before.price),
        spark=(*past, tick.price),
    )


def _completed(heard: Quote, stored: Quote) -> Quote:
    """`heard` may have begun in the middle of a session that `stored` knows from its start."""
    newer = stored if stored.at > heard.at else heard
    return newer._replace(
        arrived_at=heard.arrived_at,
        instrument=stored.instrument,
        previous_close=stored.previous_close if heard.previous_close is None else heard.previous_close,
        open=stored.open,
        high=max(heard.high, stored.high),
        low=min(heard.low, stored.low),
        volume=max(heard.volume, stored.volume),
        spark=_spliced(heard, stored),
    )


def _spliced(heard: Quote, stored: Quote) -> tuple[float, ...]:
    """Heard points, and before them the stored ones of earlier slots."""
    first = int(heard.at // SLOT) - len(heard.spark) + 1
    earlier = len(stored.spark) - (int(stored.at // SLOT) - first + 1)
    return (*stored.spark[: max(0, earlier)], *heard.spark)[-POINTS:]


def _sign(price: float, before: float | None) -> int:
    return 0 if before is None else (price > before) - (price < before)
