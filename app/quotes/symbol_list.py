"""A sorted list of symbols for paged lists, kept up to date while symbols are added."""

from bisect import bisect_right, insort
from itertools import islice
from typing import Any

FEW = 64
"""Up to this many new symbols are inserted one by one."""


class SymbolList:
    """The sorted keys of a dictionary that only grows."""

    def __init__(self, symbols: dict[str, Any], page: int) -> None:
        """`page`: number of symbols that `changed` compares."""
        self._symbols = symbols
        self._page = page
        self._sorted: list[str] = []
        """The keys at the last call."""
        self._before: list[str] = []

    def first(self, limit: int, after: str = "") -> list[str]:
        """The first `limit` after the symbol `after`."""
        order = self._in_order()
        begin = bisect_right(order, after)
        return order[begin : begin + limit]

    def last(self) -> str:
        """Of the first page; "" if it is empty."""
        order = self._in_order()
        return order[min(self._page, len(order)) - 1] if order else ""

    def changed(self) -> bool:
        """Whether the first page has changed since the last call."""
        before, self._before = self._before, self.first(self._page)
        return self._before != before

    def _in_order(self) -> list[str]:
        new = list(islice(reversed(self._symbols), len(self._symbols) - len(self._sorted)))
        if len(new) > FEW:
            self._sorted = sorted(self._symbols)
        else:
            for symbol in new:
                insort(self._sorted, symbol)
        return self._sorted
