"""A sorted list of symbols for paged lists, kept up to date while symbols are added."""

from bisect import bisect_right, insort
from itertools import islice
from typing import Any

FEW = 64
"""Up to this many new symbols are inserted one by one."""


class SymbolList:
    """The sorted keys of a dictionary that only grows."""

    def __init__(self, symbols: dict[str, Any]) -> None:
        self._symbols = symbols
        self._sorted: list[str] = []
        """The keys at the last call."""

    def first(self, limit: int, after: str = "") -> list[str]:
        """The first `limit` after the symbol `after`."""
        order = self._in_order()
        begin = bisect_right(order, after)
        return order[begin : begin + limit]

    def _in_order(self) -> list[str]:
        new = list(islice(reversed(self._symbols), len(self._symbols) - len(self._sorted)))
        if len(new) > FEW:
            self._sorted = sorted(self._symbols)
        else:
            for symbol in new:
                insort(self._sorted, symbol)
        return self._sorted
