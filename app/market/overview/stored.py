"""What is stored of all symbols, beside live prices: means, extremes, sectors and universes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from app.finance.panel import Floats
from app.market.overview.figures import MarketFigures

DAILY = ("sma20", "sma50", "sma200", "max252_high", "min252_low", "avg20_volume", "avg20_money")
COLUMNS = (*DAILY, *(f"{name}_1" for name in DAILY))
"""Of the newest daily row of a symbol: the second half is of the bar before."""
MONEY_VOLUME = "avg20_money"
IN_SHARES = "avg20_volume"

NEVER = 0
"""Stands for the day of a symbol of which nothing is stored."""

ShareRatio = Callable[[str, date, date], float]
"""How many shares one of the second argument's day has become on the day of the third."""


class NewestDays(NamedTuple):
    """`values`: (rows, COLUMNS), in the share of `days`; `places`: the row of each symbol."""

    places: Mapping[str, int]
    days: Sequence[date]
    values: Floats


class StoredFigures(NamedTuple):
    days: NewestDays
    sectors: Mapping[str, str]
    """By symbol; without those that have none."""
    universes: Mapping[str, Sequence[str]]
    """Members by NAME:KEY."""


NOTHING_STORED = StoredFigures(NewestDays({}, (), np.full((0, len(COLUMNS)), np.nan)), {}, {})


class StoredValues:
    """Stored daily values of the symbols of a session, each up to the session before where that is said."""

    def __init__(self, figures: MarketFigures, stored_figures: StoredFigures, share_ratio: ShareRatio) -> None:
        days = stored_figures.days
        places = np.array([days.places.get(symbol, -1) for symbol in figures.symbols], dtype=np.int64)
        rows = np.concatenate([days.values, np.full((1, len(COLUMNS)), np.nan)])[places]
        self._current, self._before = rows[:, : len(DAILY)], rows[:, len(DAILY) :]
        ordinals = np.array([*map(date.toordinal, days.days), NEVER], dtype=np.int64)[places]
        sessions = np.array([quote.session.toordinal() for quote in figures.quotes], dtype=np.int64)
        self._has_session = ordinals >= sessions
        self._ratio = np.ones(len(figures))
        for row in np.flatnonzero((ordinals > NEVER) & ~self._has_session).tolist():
            quote = figures.quotes[row]
            self._ratio[row] = share_ratio(quote.symbol, days.days[places[row]], quote.session)

    def newest(self, name: str) -> Floats:
        """One a symbol, as of its newest stored bar, in the share of the session; NaN without one."""
        return self._in_share(self._current[:, DAILY.index(name)], name)

    def before(self, name: str) -> Floats:
        """Without the running session."""
        place = DAILY.index(name)
        return self._in_share(np.where(self._has_session, self._before[:, place], self._current[:, place]), name)

    def _in_share(self, values: Floats, name: str) -> Floats:
        """Prices, volumes, and money, which no split changes."""
        if name == MONEY_VOLUME:
            return values
        return values * self._ratio if name == IN_SHARES else values / self._ratio
