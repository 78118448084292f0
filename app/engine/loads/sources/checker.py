"""Checks rows of text and converts them to CSV lines for COPY, with a reason for each rejected row."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from app.engine.loads.sources import numbers
from app.engine.loads.sources.datetimes import DateOrder, InvalidTime, orders
from app.engine.loads.sources.numbers import MOST_VOLUME, Column, Comma, Flags, Prices
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.engine.loads.sources.times import MOST_WITHIN, TimeParser, overfull_slots, slot
from app.finance.symbols import LONGEST_STORED, is_storable, is_symbol

LEAST_PRICE = 0.0001
MOST_PRICE = 1e10
MOST_UNITS = MOST_PRICE * numbers.UNITS
FINER = "; round it, or load prices as traded, not adjusted"
MOST_SYMBOLS_KEPT = 200_000
PRICES = ("open", "high", "low", "close")

_SHORTENED = re.compile(r".*[0-9] ?[KMBkmb]")


class Rows(NamedTuple):
    """Columns of text of the same length. `numbers`: line or row numbers in the source."""

    numbers: Sequence[int]
    symbols: list[str]
    times: list[str]
    open: list[str]
    high: list[str]
    low: list[str]
    close: list[str]
    volume: list[str]


class RejectedRow(NamedTuple):
    number: int
    """Line of a file, or row of a table."""
    reason: str


class CheckedRows(NamedTuple):
    """`lines`: CSV for COPY, one for each (symbol, time): the last of duplicates."""

    lines: list[str]
    keys: list[str]
    """symbol,time of every valid row, duplicates included."""
    symbols: frozenset[str]
    rejections: list[RejectedRow]


class RowChecker:
    """Caches symbols and times from chunk to chunk. `until`: the last allowed day."""

    def __init__(self, frame: LoadTimeframe, until: date, order: DateOrder | None = None) -> None:
        self._frame = frame
        self._times = TimeParser(frame, until, order)
        self._symbols: dict[str, str] = {}
        self._comma: Comma | None = None
        self._commas = False
        self._overfull: frozenset[int] = frozenset()
        """Hashes of the periods of a symbol with more start times than bars."""
        self._decided = False

    @property
    def undecided(self) -> bool:
        """Whether the last chunk may be read in another way, depending on later rows."""
        return not self._decided and (self._times.ambiguous or self._times.overfull or self._commas)

    def decide(self, chunks: Callable[[], Iterable[Rows]]) -> None:
        """Reads all rows of a source to decide the order of dates, the meaning of commas and ambiguous periods."""
        possible_orders: set[DateOrder] = set()
        comma_meanings: set[Comma] = set()
        for rows in chunks():
            possible_orders |= orders(rows.times)
            comma_meanings |= numbers.commas(rows[3:])
        self._times.decide(possible_orders)
        self._comma = next(iter(comma_meanings)) if len(comma_meanings) == 1 else None
        self._decided = True
        if most := MOST_WITHIN.get(self._frame.name):
            self._overfull = overfull_slots((self._instants(rows) for rows in chunks()), most)

    def check(self, rows: Rows) -> CheckedRows:
        parts = self._read(rows)
        keys, bad, symbols = parts.keys, parts.bad, parts.symbols
        if self._overfull:
            for at in [at for at, key in enumerate(keys) if hash(slot(self._frame, key)) in self._overfull]:
                bad.setdefault(at, _ambiguous_period(self._frame, rows.times[at]))
        texts = (each.texts for each in parts.prices)
        lines = list(map(",".join, zip(keys, *texts, numbers.whole(parts.volume), strict=True)))
        if bad:
            good = _good_rows(len(keys), bad)
            keys, lines = [keys[at] for at in good], [lines[at] for at in good]
            symbols = [symbols[at] for at in good]
        rejected = [RejectedRow(rows.numbers[at], reason) for at, reason in sorted(bad.items())]
        # A dict keeps the first position and the last value: the last duplicate counts.
        last = dict(zip(keys, lines, strict=True))
        return CheckedRows(list(last.values()), keys, frozenset(symbols), rejected)

    def _read(self, rows: Rows) -> "_ParsedRows":
        symbols, times = self._canonical(rows.symbols), self._times.keys(rows.times)
        columns = [numbers.read(column, self._comma) for column in rows[3:]]
        self._commas = self._commas or any(map(_has_commas, columns, rows[3:]))
        prices, volume = [numbers.prices(column) for column in columns[:4]], columns[4]
        keys = list(map(",".join, zip(symbols, times, strict=True)))
        return _ParsedRows(symbols, keys, prices, volume, self._bad(rows, symbols, times, prices, volume))

    def _instants(self, rows: Rows) -> tuple[list[str], list[str]]:
        """Periods of the valid rows, each with its symbol, and their instants."""
        parts, instants = self._read(rows), self._times.instants(rows.times)
        good = _good_rows(len(parts.keys), parts.bad)
        return [slot(self._frame, parts.keys[at]) for at in good], [instants[at] for at in good]

    def _canonical(self, column: list[str]) -> list[str]:
        """Stripped symbols; empty where one is invalid or too long."""
        symbols = self._symbols
        try:
            return [symbols[text] for text in column]
        except KeyError:
            if len(symbols) > MOST_SYMBOLS_KEPT:
                symbols.clear()
        for text in set(column) - symbols.keys():
            symbol = text.strip()
            symbols[text] = symbol if is_symbol(symbol) and is_storable(symbol) else ""
        return [symbols[text] for text in column]

    def _bad(
        self, rows: Rows, symbols: list[str], times: list[str], prices: Sequence[Prices], volume: Column
    ) -> dict[int, str]:
        """Reasons by row; the first one of several."""
        bad: dict[int, str] = {}
        if not all(symbols):
            bad |= {at: _why_no_symbol(rows.symbols[at]) for at, symbol in enumerate(symbols) if not symbol}
        if not all(times):
            for at, moment in enumerate(times):
                if not moment:
                    bad.setdefault(at, self._time_flaw(rows.times[at]))
        for flags, say in _flaws(rows, prices, volume):
            if flags.any():
                for at in np.flatnonzero(flags).tolist():
                    bad.setdefault(at, say(at))
        return bad

    def _time_flaw(self, text: str) -> str:
        try:
            self._times.key(text)
        except InvalidTime as bad:
            return str(bad)
        raise AssertionError(text)


class _ParsedRows(NamedTuple):
    symbols: list[str]
    keys: list[str]
    prices: list[Prices]
    volume: Column
    bad: dict[int, str]


def _why_no_symbol(text: str) -> str:
    if is_symbol(text.strip()):
        return f"symbol: {text.strip()!r} has more than {LONGEST_STORED} characters and cannot be stored"
    return f"symbol: {text[:40]!r} is none"


def _good_rows(count: int, bad: Collection[int]) -> list[int]:
    good = np.ones(count, dtype=bool)
    good[list(bad)] = False
    return np.flatnonzero(good).tolist()


def _has_commas(column: Column, texts: list[str]) -> bool:
    """Or several points in one number. Numbers that were read unchanged have none."""
    return column.texts is not texts and any("," in text or text.count(".") > 1 for text in texts)


def _flaws(rows: Rows, prices: Sequence[Prices], volume: Column) -> Iterator[tuple[Flags, Callable[[int], str]]]:
    """Flags of rows with a flaw, and the message for a row. Prices are compared as they are stored."""
    texts = (rows.open, rows.high, rows.low, rows.close)
    for name, column, column_texts in zip(PRICES, prices, texts, strict=True):
        yield ~np.isfinite(column.units), partial(_no_number, name, column_texts)
    yield ~np.isfinite(volume.values), partial(_no_number, "volume", rows.volume)
    for name, column, column_texts in zip(PRICES, prices, texts, strict=True):
        beyond = (column.units < 1) | (column.units >= MOST_UNITS)
        yield beyond, partial(_message, f"{name}: {{}} is not between {LEAST_PRICE} and {MOST_PRICE:.0e}", column_texts)
        yield (
            column.finer,
            partial(_message, f"{name}: {{}} has more than the four decimals that are stored{FINER}", column_texts),
        )
    yield volume.values < 0, partial(_message, "volume: {} is negative", rows.volume)
    yield volume.values > MOST_VOLUME, partial(_message, "volume: {} is too much", rows.volume)
    open_, high, low, close = (column.units for column in prices)
    yield high < low, partial(_message, "high {} is below low {}", rows.high, rows.low)
    for name, units, column_texts in (("open", open_, rows.open), ("close", close, rows.close)):
        outside = (units > high) | (units < low)
        yield (
            outside,
            partial(_message, f"{name} {{}} is not between low {{}} and high {{}}", column_texts, rows.low, rows.high),
        )


def _message(words: str, *columns_and_row: Any) -> str:
    *columns, at = columns_and_row
    return words.format(*(repr(column[at][:40]) for column in columns))


def _no_number(name: str, column: list[str], at: int) -> str:
    text = column[at][:40]
    advice = ""
    if "," in text and any(letter.isdigit() for letter in text):
        advice = "; write it without thousands separators and with a decimal point"
    elif _SHORTENED.fullmatch(text.strip()):
        advice = "; write all its digits"
    return f"{name}: {text!r} is no number{advice}"


def _ambiguous_period(frame: LoadTimeframe, text: str) -> str:
    """All rows of the period are rejected: which of them is the bar is ambiguous."""
    return (
        f"time: {text[:40]!r} is one of several times of one {frame.span} of that symbol; keep one row"
        f" for each {frame.span}, or load with the --timeframe of these bars"
    )
