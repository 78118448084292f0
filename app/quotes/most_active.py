"""The symbols that have a row on the desk: the most active by money volume, in an order that no price changes."""

from bisect import insort
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from heapq import nsmallest
from typing import NamedTuple

from app.quotes.quote import SymbolQuote

BOARD_ROWS = 60
"""Rows of the desk; other symbols are reached by search."""
ROW_SECONDS = 0.1
"""Least seconds between two pushes of all rows, per row: their size grows with the number of rows."""
DORMANT_DAYS = timedelta(days=30)
"""A symbol whose last session is further back comes behind all others, whatever it traded then."""


class _Place(NamedTuple):
    """Sorts the symbols; the money volumes are negative, so that the largest comes first."""

    dormant: bool
    money_volume: float
    of_session: float
    symbol: str


class MostActive:
    def __init__(self) -> None:
        self.session: date | None = None
        """The running session when the symbols were ranked last."""
        self.by_stored_bars = False
        """Whether stored bars decided the order."""
        self.candidates = 0
        """Symbols that are still traded, from which the rows were chosen."""
        self._places: list[_Place] = []
        self._symbols: dict[str, None] = {}
        self._changed = False
        self._due = float("-inf")

    @property
    def symbols(self) -> Iterable[str]:
        return self._symbols.keys()

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._symbols

    def __len__(self) -> int:
        return len(self._symbols)

    def add(self, symbol: str) -> None:
        """A new symbol, which gets a row while there is room."""
        self.candidates += 1
        if len(self._places) < BOARD_ROWS:
            insort(self._places, _Place(False, 0.0, 0.0, symbol))
            self._replace_symbols()

    def is_ranked(self, session: date) -> bool:
        """Whether stored bars decided the order for this session or a later one."""
        return self.by_stored_bars and self.session is not None and session <= self.session

    def rank(self, session: date, quotes: Iterable[SymbolQuote], money_volumes: Mapping[str, float]) -> None:
        """`money_volumes`: mean of a day before the session, by symbol. Where stored bars say nothing, the money volume
        of the running session decides, once: rows must not move while people look."""
        is_first = self.session is None
        self.session = session
        if not money_volumes and not is_first:
            return
        self.by_stored_bars = bool(money_volumes)
        places = [
            _Place(
                quote.session < session - DORMANT_DAYS,
                -money_volumes.get(quote.symbol, 0.0),
                -quote.price * quote.volume,
                quote.symbol,
            )
            for quote in quotes
        ]
        self.candidates = sum(not place.dormant for place in places)
        self._places = nsmallest(BOARD_ROWS, places)
        self._replace_symbols()

    def take_change(self, now: float) -> bool:
        """Whether all rows should be pushed now because some are new or moved; resets itself. `now`: seconds."""
        if not self._changed or now < self._due:
            return False
        self._changed = False
        self._due = now + ROW_SECONDS * len(self._symbols)
        return True

    def _replace_symbols(self) -> None:
        before, self._symbols = self._symbols, dict.fromkeys(place.symbol for place in self._places)
        self._changed = self._changed or list(before) != list(self._symbols)
