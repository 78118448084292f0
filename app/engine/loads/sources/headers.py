"""Maps the columns of a file to symbol, time, prices and volume, by the names that programs use."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from app.engine.loads.sources.checker import Rows
from app.engine.loads.sources.source import UnreadableSource

DAYS = ("date", "day")
CLOCKS = ("time",)
INSTANTS = ("timestamp", "datetime", "t", "window_start", "gmt_time")
UNNAMED = ("", "__index_level_0__", "unnamed:_0")
"""The unnamed index of a pandas frame; it is read where no other column is a time."""

SYMBOLS = ("symbol", "ticker", "sym")
CODES = ("code",)
"""A symbol where no other column is one."""

NUMBERS = {
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price"),
    "low": ("low", "l", "low_price"),
    "close": ("close", "c", "close_price", "close/last"),
    "volume": ("volume", "v", "vol"),
}
HINTS = {
    "price": "'Price' may be the close: call it Close",
    "adj_close": "'Adj Close' is adjusted, and prices are stored as traded",
    "vol.": "'Vol.' is rounded (95.13M): give whole numbers as Volume",
}
"""Advice for columns that exist in place of a missing one."""

MOST_NAMED = 20
"""Symbols of a file that a message lists."""

_PAIR = re.compile(r"\('([^']*)', '([^']*)'\)")
"""pandas' name of a column with two levels in a Parquet file."""


class ColumnName(NamedTuple):
    """As written in the file."""

    text: str
    symbol: str = ""
    """The column's symbol, in a table with columns for each symbol."""

    @property
    def plain(self) -> str:
        return self.text.strip().strip('"<>').strip().lower().replace(" ", "_")


class Layout(NamedTuple):
    """Indices of the columns of a source."""

    symbol: int | None
    """None without a symbol column."""
    constant: str
    """The symbol of all rows, without a symbol column."""
    moment: int
    clock: int | None
    """The time of day, where `moment` is a date."""
    numbers: tuple[int, int, int, int, int]
    """open, high, low, close, volume"""


class SymbolFilter:
    """Selects the rows of `symbol`; all with None."""

    def __init__(self, symbol: str | None, where: str) -> None:
        self._symbol = symbol
        self._where = where
        self._matching_rows = 0
        self._others: dict[str, None] = {}

    def rows(self, rows: Rows) -> Rows:
        if self._symbol is None:
            return rows
        symbols = [text.strip() for text in rows.symbols]
        places = [at for at, symbol in enumerate(symbols) if symbol == self._symbol]
        self._matching_rows += len(places)
        if len(self._others) < MOST_NAMED:
            self._others |= dict.fromkeys(symbols)
        if len(places) == len(symbols):
            return rows
        return Rows(*([column[at] for at in places] for column in rows))  # type: ignore[arg-type]

    def check(self) -> None:
        """At the end. Raises UnreadableSource where no row was selected."""
        if self._others and not self._matching_rows:
            symbols = ", ".join(self._others)[:100]
            raise UnreadableSource(
                f"{self._where}: has no row of {self._symbol!r}; its column of symbols says {symbols}"
            )


def layout(names: Sequence[ColumnName], symbol: str | None, where: str) -> Layout:
    """`symbol`: the one to read. Raises UnreadableSource where a column is missing or ambiguous."""
    names, constant = _of_one_symbol(names, symbol, where)
    plain = [name.plain for name in names]
    owner = _one(names, SYMBOLS, where)
    if owner is None:
        owner = _one(names, CODES, where)
    moment, clock = _times(names, where)
    numbers = {field: _one(names, aliases, where) for field, aliases in NUMBERS.items()}
    lacking = [field for field, at in numbers.items() if at is None]
    if moment is None:
        lacking.insert(0, "date")
    if owner is None and not constant:
        lacking.insert(0, "symbol")
    if lacking or moment is None:
        raise UnreadableSource(_lacking(names, plain, lacking, where))
    places = tuple(at for at in numbers.values() if at is not None)
    assert len(places) == 5
    return Layout(owner, constant, moment, clock, places)


def split_names(names: Sequence[str]) -> list[ColumnName]:
    """Splits names of two levels, such as ('Close', 'AAPL')."""
    pairs = ((name, _PAIR.fullmatch(name)) for name in names)
    return [ColumnName(pair[1], pair[2]) if pair else ColumnName(name) for name, pair in pairs]


def _of_one_symbol(names: Sequence[ColumnName], symbol: str | None, where: str) -> tuple[list[ColumnName], str]:
    """Blanks the columns of other symbols; also the symbol of all rows, where the header or `symbol` has it."""
    symbols = list(dict.fromkeys(name.symbol for name in names if name.symbol))
    if not symbols:
        return list(names), symbol or ""
    if symbol is None and len(symbols) > 1:
        raise UnreadableSource(
            f"{where}: holds {len(symbols)} symbols side by side ({', '.join(symbols)[:100]}); say --symbol for one"
        )
    selected_symbol = symbol or symbols[0]
    if selected_symbol not in symbols:
        raise UnreadableSource(
            f"{where}: holds nothing of {selected_symbol!r}; its symbols are {', '.join(symbols)[:100]}"
        )
    return [name if name.symbol in ("", selected_symbol) else ColumnName("-") for name in names], selected_symbol


def _times(names: Sequence[ColumnName], where: str) -> tuple[int | None, int | None]:
    """The column of the date or instant, and the one of the time of day."""
    days, clocks, instants = (_matching(names, aliases) for aliases in (DAYS, CLOCKS, INSTANTS))
    if len(days) == len(clocks) == 1 and not instants:
        return days[0], clocks[0]
    every = sorted([*days, *clocks, *instants])
    if len(every) > 1:
        columns = " and ".join(repr(names[at].text.strip()[:40]) for at in every[:3])
        raise UnreadableSource(f"{where}: the columns {columns} all say when; keep one, or Date with Time")
    return (every[0] if every else _one(names, UNNAMED, where)), None


def _one(names: Sequence[ColumnName], aliases: Sequence[str], where: str) -> int | None:
    places = _matching(names, aliases)
    if len(places) > 1:
        first, second = (names[at].text.strip()[:40] for at in places[:2])
        both = f"two columns are called {first!r}" if first == second else f"{first!r} and {second!r} mean the same"
        raise UnreadableSource(f"{where}: {both}; keep one of them")
    return places[0] if places else None


def _matching(names: Sequence[ColumnName], aliases: Sequence[str]) -> list[int]:
    return [at for at, name in enumerate(names) if name.plain in aliases]


def count_recognised(names: Sequence[str]) -> int:
    """How many of these names are known."""
    readable = {*DAYS, *CLOCKS, *INSTANTS, *SYMBOLS, *CODES, *(alias for each in NUMBERS.values() for alias in each)}
    return sum(ColumnName(name).plain in readable for name in names)


def _lacking(names: Sequence[ColumnName], plain: Sequence[str], lacking: Sequence[str], where: str) -> str:
    header = ", ".join(name.text for name in names)[:200]
    if not count_recognised([name.text for name in names]):
        return f"{where}: its first line is {header!r}; it must name the columns: delete what stands before the names"
    hints = [words for name, words in HINTS.items() if name in plain] or ["name the columns so"]
    if lacking == ["volume"] and "vol." not in plain:
        hints = ["give 0 as Volume where it is unknown"]
    if "symbol" in lacking:
        hints = [*(hints if len(lacking) > 1 else ()), "say --symbol where the file holds one symbol"]
    return f"{where}: no column for {', '.join(lacking)}; its first line says {header!r}; {'; '.join(hints)}"
