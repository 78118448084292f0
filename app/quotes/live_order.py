"""Tables in the order of live prices: how many rows would move if they were sorted again."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from app.finance.symbols import is_symbol
from app.live.topics import Topic, name, rest
from app.quotes.board import QuoteBoard
from app.quotes.quote import SymbolQuote
from app.quotes.topics import QUOTES

ORDER = "order"
BETWEEN = "~"
"""Stands between the symbols of a topic; no symbol has it."""
MOST_ROWS = 100
UNKNOWN = -1
TURNS = 3
"""Of so many calls, a second apart, each table has one."""
KEYS: Mapping[str, Callable[[SymbolQuote], float | None]] = {
    "last": lambda quote: quote.price,
    "change": lambda quote: quote.fraction,
}
"""By the name of the column, whose cells pushes replace."""


class LiveOrder(NamedTuple):
    """`column`: of KEYS. `symbols`: of the rows of a page, in their order."""

    column: str
    is_descending: bool
    symbols: tuple[str, ...]


def order_words(order: LiveOrder | None) -> list[Topic]:
    """As a page asks for it that asks for the quotes of its rows, in their order: see completed()."""
    return [Topic(f"{ORDER}:{'-' if order.is_descending else ''}{order.column}")] if order and order.symbols else []


def completed(text: str, words: Sequence[str]) -> str:
    """The column alone is meant of the quotes that are asked for beside it, in the order of asking."""
    symbols = BETWEEN.join(rest(word) for word in words if name(word) == QUOTES and rest(word))
    return text if ":" in text else f"{text}:{symbols}"


def order_of(topic: str) -> LiveOrder:
    column, _, symbols = rest(topic).partition(":")
    return LiveOrder(column.removeprefix("-"), column.startswith("-"), tuple(symbols.split(BETWEEN)))


def is_order(text: str) -> bool:
    """Whether it may stand behind `order:`."""
    order = order_of(f"{ORDER}:{text}")
    symbols = order.symbols
    return order.column in KEYS and len(set(symbols)) == len(symbols) <= MOST_ROWS and all(map(is_symbol, symbols))


def moves(order: LiveOrder, board: QuoteBoard) -> int:
    """How many rows would be moved, the fewest that make the order right. Rows without a quote do not move."""
    quotes = {symbol: quote for symbol in order.symbols if (quote := board.quote(symbol))}
    values = {symbol: KEYS[order.column](quote) for symbol, quote in quotes.items()}
    places = {symbol: place for place, symbol in enumerate(in_order(values, order.is_descending))}
    return len(quotes) - longest_rise([places[symbol] for symbol in quotes])


def in_order(values: Mapping[str, float | None], is_descending: bool) -> list[str]:
    """Equal values by symbol, and what has no value last, in both directions."""
    sign = -1 if is_descending else 1
    valued = sorted((sign * value, symbol) for symbol, value in values.items() if value is not None)
    return [symbol for _, symbol in valued] + sorted(symbol for symbol, value in values.items() if value is None)


def longest_rise(places: Iterable[int]) -> int:
    """Length of the longest part, with gaps, that rises."""
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


class OrderBoard:
    """How many rows would move of each table that somebody looks at, as it was last told."""

    def __init__(self) -> None:
        self._moves: dict[str, int] = {}
        self._turn = 0

    def note(self, topic: str, number: int) -> None:
        """What a reader who joins is told; where others were told something else, all are told at the next turn."""
        if self._moves.get(topic, 0) != number:
            self._moves[topic] = UNKNOWN

    def take_changes(self, topics: Sequence[str], board: QuoteBoard) -> dict[str, int]:
        """Of those of the topics whose turn it is: by topic, what has changed since this was last asked."""
        self._turn = (self._turn + 1) % TURNS
        due = [topic for topic in topics if hash(topic) % TURNS == self._turn]
        numbers = {topic: moves(order_of(topic), board) for topic in due}
        changed = {topic: number for topic, number in numbers.items() if number != self._moves.get(topic, 0)}
        remaining = self._moves.keys() & frozenset(topics)
        self._moves = {topic: self._moves[topic] for topic in remaining} | numbers
        return changed
