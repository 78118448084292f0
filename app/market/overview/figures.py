"""Prices of all symbols of the running session as arrays."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np

from app.finance.instrument import Instrument
from app.finance.markets import Market, market
from app.finance.panel import Floats
from app.finance.tick_size import side, tick_sizes


class SessionQuote(Protocol):
    """The newest quote of a symbol: prices in the instrument's currency, the volume of the regular hours."""

    @property
    def symbol(self) -> str: ...
    @property
    def instrument(self) -> Instrument: ...
    @property
    def session(self) -> date: ...
    @property
    def price(self) -> float: ...
    @property
    def previous_close(self) -> float | None: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def volume(self) -> int: ...


class MarketFigures(NamedTuple):
    """One row for each symbol that traded in the newest session of its market; NaN where a value is missing."""

    quotes: Sequence[SessionQuote]
    symbols: Sequence[str]
    session: date | None
    """The newest one of the exchange, else of any market."""
    price: Floats
    previous_close: Floats
    high: Floats
    low: Floats
    volume: Floats
    fraction: Floats
    """Change since the previous close, 0.01 for 1 %."""
    side: Floats
    """1 for at least a tick up, -1 for at least a tick down, 0 for less; NaN without a previous close."""

    def __len__(self) -> int:
        return len(self.symbols)


def market_figures(quotes: Iterable[SessionQuote]) -> MarketFigures:
    every = list(quotes)
    kinds, sessions = [market(quote.symbol) for quote in every], [quote.session for quote in every]
    newest = _newest_sessions({*zip(kinds, sessions, strict=True)})
    current = [quote for quote, kind, session in zip(every, kinds, sessions, strict=True) if session == newest[kind]]
    symbols = [quote.symbol for quote in current]
    price = _floats([quote.price for quote in current])
    # Of no close, and of one of zero, there is no change.
    before = _floats([quote.previous_close or np.nan for quote in current])
    sides = np.where(np.isnan(before), np.nan, side(price - before, tick_sizes(symbols, price, {})))
    return MarketFigures(
        current,
        symbols,
        newest.get("exchange") or max(newest.values(), default=None),
        price,
        before,
        _floats([quote.high for quote in current]),
        _floats([quote.low for quote in current]),
        _floats([quote.volume for quote in current]),
        price / before - 1,
        sides,
    )


def _newest_sessions(sessions: Collection[tuple[Market, date]]) -> dict[Market, date]:
    """Coins and currencies begin their days at other hours than the exchange."""
    newest: dict[Market, date] = {}
    for kind, session in sessions:
        newest[kind] = max(session, newest.get(kind, session))
    return newest


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float64)
