"""Rows of text to bars that are fit to be stored, and why the others are not."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from app.engine.loads.sources import numbers
from app.engine.loads.sources.datetimes import Bad, Order, orders
from app.engine.loads.sources.numbers import MOST_VOLUME, Column, Comma, Flags, Prices
from app.engine.loads.sources.timeframes import Frame
from app.engine.loads.sources.times import MOST_WITHIN, Moments, overfull_slots, slot
from app.finance.symbols import LONGEST_STORED, is_storable, is_symbol

LEAST_PRICE = 0.0001
MOST_PRICE = 1e10
MOST_UNITS = MOST_PRICE * numbers.UNITS
FINER = "; round it, or load prices as traded, not adjusted"
MOST_SYMBOLS_KEPT = 200_000
PRICES = ("open", "high", "low", "close")

_SHORTENED = re.compile(r".*[0-9] ?[KMBkmb]")


class Rows(NamedTuple):
    """Columns of text of one length. `numbers` are the rows' places in their source, for people."""

    numbers: Sequence[int]
    symbols: list[str]
    moments: list[str]
    open: list[str]
    high: list[str]
    low: list[str]
    close: list[str]
    volume: list[str]


class Refusal(NamedTuple):
    number: int
    """Line of a file, or row of a table."""
    reason: str


class Checked(NamedTuple):
    """`lines` are for COPY as CSV: one for each (symbol, time), the last of several."""

    lines: list[str]
    keys: list[str]
    """symbol,time of every row that was good, doubles included."""
    symbols: frozenset[str]
    refused: list[Refusal]


class Checker:
    """Remembers symbols and times from chunk to chunk. `until`: the last day that a bar may have."""

    def __init__(self, frame: Frame, until: date, order: Order | None = None) -> None:
        self._frame = frame
        self._moments = Moments(frame, until, order)
        self._symbols: dict[str, str] = {}
        self._comma: Comma | None = None
        self._commas = False
        self._overfull: frozenset[int] = frozenset()
        """Hashes of the slots of time, each with its symbol, that hold more instants than bars."""
        self._decided = False

    @property
    def undecided(self) -> bool:
        """Whether what was checked last may mean something else beside the rows that are to come."""
        return not self._decided and (self._moments.ambiguous or self._moments.overfull or self._commas)

    def decide(self, chunks: Callable[[], Iterable[Rows]]) -> None:
        """Reads all rows of a source for what they say of each other; keeps two numbers for each of a dated bar."""
        date_orders: set[Order] = set()
        comma_meanings: set[Comma] = set()
        for rows in chunks():
            date_orders |= orders(rows.moments)
            comma_meanings |= numbers.commas(rows[3:])
        self._moments.decide(date_orders)
        self._comma = next(iter(comma_meanings)) if len(comma_meanings) == 1 else None
        self._decided = True
        if most := MOST_WITHIN.get(self._frame.name):
            self._overfull = overfull_slots((self._instants(rows) for rows in chunks()), most)

    def check(self, rows: Rows) -> Checked:
        parts = self._read(rows)
        keys, bad, symbols = parts.keys, parts.bad, parts.symbols
        if self._overfull:
            for at in [at for at, key in enumerate(keys) if hash(slot(self._frame, key)) in self._overfull]:
                bad.setdefault(at, _several(self._frame, rows.moments[at]))
        texts = (each.texts for each in parts.prices)
        lines = list(map(",".join, zip(keys, *texts, numbers.whole(parts.volume), strict=True)))
        if bad:
            good = _without(len(keys), bad)
            keys, lines = [keys[at] for at in good], [lines[at] for at in good]
            symbols = [symbols[at] for at in good]
        refused = [Refusal(rows.numbers[at], reason) for at, reason in sorted(bad.items())]
        # A dict keeps the first place and the last value: of doubles, the last row counts.
        last = dict(zip(keys, lines, strict=True))
        return Checked(list(last.values()), keys, frozenset(symbols), refused)

    def _read(self, rows: Rows) -> "_Read":
        symbols, moments = self._canonical(rows.symbols), self._moments.keys(rows.moments)
        columns = [numbers.read(column, self._comma) for column in rows[3:]]
        self._commas = self._commas or any(map(_has_commas, columns, rows[3:]))
        prices, volume = [numbers.prices(column) for column in columns[:4]], columns[4]
        keys = list(map(",".join, zip(symbols, moments, strict=True)))
        return _Read(symbols, keys, prices, volume, self._bad(rows, symbols, moments, prices, volume))

    def _instants(self, rows: Rows) -> tuple[list[str], list[str]]:
        """Of the good rows the slots of time, each with its symbol, and the instants."""
        parts, instants = self._read(rows), self._moments.instants(rows.moments)
        good = _without(len(parts.keys), parts.bad)
        return [slot(self._frame, parts.keys[at]) for at in good], [instants[at] for at in good]

    def _canonical(self, column: list[str]) -> list[str]:
        """In the case in which it is written; empty where it is no symbol, or one that cannot be stored."""
        known = self._symbols
        try:
            return [known[text] for text in column]
        except KeyError:
            if len(known) > MOST_SYMBOLS_KEPT:
                known.clear()
        for text in set(column) - known.keys():
            symbol = text.strip()
            known[text] = symbol if is_symbol(symbol) and is_storable(symbol) else ""
        return [known[text] for text in column]

    def _bad(
        self, rows: Rows, symbols: list[str], moments: list[str], prices: Sequence[Prices], volume: Column
    ) -> dict[int, str]:
        """Row to reason; where several things are wrong, the first as a reader meets them."""
        bad: dict[int, str] = {}
        if not all(symbols):
            bad |= {at: _why_no_symbol(rows.symbols[at]) for at, symbol in enumerate(symbols) if not symbol}
        if not all(moments):
            for at, moment in enumerate(moments):
                if not moment:
                    bad.setdefault(at, self._why(rows.moments[at]))
        for flags, say in _findings(rows, prices, volume):
            if flags.any():
                for at in np.flatnonzero(flags).tolist():
                    bad.setdefault(at, say(at))
        return bad

    def _why(self, text: str) -> str:
        try:
            self._moments.key(text)
        except Bad as bad:
            return str(bad)
        raise AssertionError(text)


class _Read(NamedTuple):
    symbols: list[str]
    keys: list[str]
    prices: list[Prices]
    volume: Column
    bad: dict[int, str]


def _why_no_symbol(text: str) -> str:
    if is_symbol(text.strip()):
        return f"symbol: {text.strip()!r} has more than {LONGEST_STORED} characters and cannot be stored"
    return f"symbol: {text[:40]!r} is none"


def _without(count: int, bad: Collection[int]) -> list[int]:
    kept = np.ones(count, dtype=bool)
    kept[list(bad)] = False
    return np.flatnonzero(kept).tolist()


def _has_commas(column: Column, written: list[str]) -> bool:
    """Or several points in one number. Numbers that were read as they are have none."""
    return column.texts is not written and any("," in text or text.count(".") > 1 for text in written)


def _findings(rows: Rows, prices: Sequence[Prices], volume: Column) -> Iterator[tuple[Flags, Callable[[int], str]]]:
    """What may be wrong with numbers, each with how to say it of a row. Prices are compared as they are stored."""
    texts = (rows.open, rows.high, rows.low, rows.close)
    for name, column, said in zip(PRICES, prices, texts, strict=True):
        yield ~np.isfinite(column.units), partial(_no_number, name, said)
    yield ~np.isfinite(volume.values), partial(_no_number, "volume", rows.volume)
    for name, column, said in zip(PRICES, prices, texts, strict=True):
        beyond = (column.units < 1) | (column.units >= MOST_UNITS)
        yield beyond, partial(_say, f"{name}: {{}} is not between {LEAST_PRICE} and {MOST_PRICE:.0e}", said)
        yield column.finer, partial(_say, f"{name}: {{}} has more than the four decimals that are stored{FINER}", said)
    yield volume.values < 0, partial(_say, "volume: {} is negative", rows.volume)
    yield volume.values > MOST_VOLUME, partial(_say, "volume: {} is too much", rows.volume)
    opened, high, low, close = (column.units for column in prices)
    yield high < low, partial(_say, "high {} is below low {}", rows.high, rows.low)
    for name, units, said in (("open", opened, rows.open), ("close", close, rows.close)):
        outside = (units > high) | (units < low)
        yield outside, partial(_say, f"{name} {{}} is not between low {{}} and high {{}}", said, rows.low, rows.high)


def _say(words: str, *columns_and_row: Any) -> str:
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


def _several(frame: Frame, text: str) -> str:
    """Why no row of a period is taken as its bar: which of them is would be a guess."""
    return (
        f"time: {text[:40]!r} is one of several times of one {frame.span} of that symbol; keep one row"
        f" for each {frame.span}, or load with the --timeframe of these bars"
    )
