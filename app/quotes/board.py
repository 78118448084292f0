"""The newest quote of every symbol, with what its session has done so far."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from app.finance import shares
from app.finance.adjust import held
from app.finance.instrument import Instrument
from app.finance.rollup import in_session
from app.finance.sessions import regular, trading_date
from app.finance.shares import Splits
from app.wire.events import Tick

DAY = 86_400.0
SLOT = 300
"""Seconds of market time behind one point of a sparkline."""
POINTS = 78
"""One regular session of slots."""
SHOWN = 100
"""Rows of the desk; the others are found by search."""


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
    begun: bool = True
    """Whether it was traded in this session's regular hours; until then open, high and low are the price."""
    close: float | None = None
    """Where the regular hours ended, once trading goes on after them."""
    outside: int = 0
    """Volume before and after the regular hours."""

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


class Board:
    def __init__(self, instruments: Iterable[Instrument] = (), limit: int = 20_000) -> None:
        self._limit = limit
        self._instruments: dict[str, Instrument] = {}
        self._quotes: dict[str, Quote] = {}
        self._splits = shares.NONE
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
            quote = _opened(before.instrument, tick, self._previous_close(before, tick), before.price)
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

    def split(self, splits: Splits) -> None:
        """What is known of splits now; of today's some may have been told only after the first price of the day."""
        for symbol in {*splits, *self._splits}:
            quote = self._quotes.get(symbol)
            if quote is None or quote.previous_close is None:
                continue
            eve = quote.session - timedelta(days=1)
            now, then = (held(known.get(symbol, ()), eve, quote.session) for known in (splits, self._splits))
            if now != then:
                self._quotes[symbol] = quote._replace(previous_close=quote.previous_close * then / now)
        self._splits = splits

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

    def _previous_close(self, before: Quote, tick: Tick) -> float | None:
        """Of the day that begins with that tick."""
        if tick.at <= before.at:
            return None
        ended = before.price if before.close is None else before.close
        known = ended if before.begun else before.previous_close
        split = held(self._splits.get(tick.symbol, ()), before.session, trading_date(tick.at))
        return known and known / split

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
    price, move = tick.price, _sign(tick.price, last)
    begun = Quote(
        instrument, trading_date(tick.at), price, previous_close, price, price, price, 0, tick.at, tick.arrived_at,
        move, (price,), begun=False,
    )  # fmt: skip
    return _counted(begun, tick, price)


def _continued(before: Quote, tick: Tick) -> Quote:
    same_slot = before.spark and tick.at // SLOT == before.at // SLOT
    past = before.spark[:-1] if same_slot else before.spark[-POINTS + 1 :]
    goes_on = before._replace(
        price=tick.price,
        at=tick.at,
        arrived_at=tick.arrived_at,
        move=_sign(tick.price, before.price),
        spark=(*past, tick.price),
    )
    return _counted(goes_on, tick, before.price)


def _counted(quote: Quote, tick: Tick, last: float) -> Quote:
    """What the tick does to the session, `last` being the price before it."""
    price = tick.price
    if not in_session(tick.symbol, tick.at):
        outside = quote.outside + tick.volume
        if quote.begun:
            return quote._replace(close=last if quote.close is None else quote.close, outside=outside)
        return quote._replace(open=price, high=price, low=price, outside=outside)
    high, low = max(price, tick.high or price), min(price, tick.low or price)
    if not quote.begun:
        opened = price if tick.open is None else tick.open
        high, low = max(high, opened), min(low, opened)
        return quote._replace(open=opened, high=high, low=low, volume=tick.volume, begun=True)
    volume = quote.volume + tick.volume
    return quote._replace(high=max(quote.high, high), low=min(quote.low, low), volume=volume, close=None)


def _completed(heard: Quote, stored: Quote) -> Quote:
    """`heard` may have begun in the middle of a session that `stored` knows from its start."""
    newer = stored if stored.at > heard.at else heard
    made = newer._replace(
        arrived_at=heard.arrived_at,
        instrument=stored.instrument,
        previous_close=stored.previous_close if heard.previous_close is None else heard.previous_close,
        outside=max(heard.outside, stored.outside),
        spark=_spliced(heard, stored),
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


def _sign(price: float, before: float | None) -> int:
    return 0 if before is None else (price > before) - (price < before)
