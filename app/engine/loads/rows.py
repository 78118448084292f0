"""Rows of text to bars that are fit to be stored, and why the others are not."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.loads.frames import Frame
from app.engine.loads.moments import Bad, Moments

LEAST_PRICE = 0.0001
MOST_PRICE = 1e10
ROUNDED_UP = 9_999_999_999.99995
"""Its column keeps four digits: from here on that is too much."""
MOST_VOLUME = 2.0**53
"""What its column takes, and for volume what can be told apart by a float."""

MOST_SYMBOLS_KEPT = 200_000
PRICES = ("open", "high", "low", "close")

SYMBOL = re.compile(r"[A-Z0-9^$.][A-Z0-9._:/^=$&+-]{0,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_ODD = re.compile(r"[^0-9.eE+,-]")

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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

    def __init__(self, frame: Frame, until: date) -> None:
        self._moments = Moments(frame, until)
        self._symbols: dict[str, str] = {}

    def check(self, rows: Rows) -> Checked:
        symbols, moments = self._canonical(rows.symbols), self._moments.keys(rows.moments)
        columns = [_read(column) for column in (rows.open, rows.high, rows.low, rows.close, rows.volume)]
        bad = self._bad(rows, symbols, moments, [column.values for column in columns])
        keys = list(map(",".join, zip(symbols, moments, strict=True)))
        volume = _whole(columns[4])
        lines = list(map(",".join, zip(keys, *(column.texts for column in columns[:4]), volume, strict=True)))
        if bad:
            kept = np.ones(len(keys), dtype=bool)
            kept[list(bad)] = False
            good = np.flatnonzero(kept).tolist()
            keys, lines = [keys[at] for at in good], [lines[at] for at in good]
            symbols = [symbols[at] for at in good]
        refused = [Refusal(rows.numbers[at], reason) for at, reason in sorted(bad.items())]
        # A dict keeps the first place and the last value: of doubles, the last row counts.
        last = dict(zip(keys, lines, strict=True))
        return Checked(list(last.values()), keys, frozenset(symbols), refused)

    def _canonical(self, column: list[str]) -> list[str]:
        """In capitals; empty where it is no symbol."""
        known = self._symbols
        try:
            return [known[text] for text in column]
        except KeyError:
            if len(known) > MOST_SYMBOLS_KEPT:
                known.clear()
        for text in set(column) - known.keys():
            symbol = text.strip().upper()
            known[text] = symbol if SYMBOL.fullmatch(symbol) else ""
        return [known[text] for text in column]

    def _bad(self, rows: Rows, symbols: list[str], moments: list[str], values: Sequence[Floats]) -> dict[int, str]:
        """Row to reason; where several things are wrong, the first as a reader meets them."""
        bad: dict[int, str] = {}
        if not all(symbols):
            bad |= {at: f"symbol: {rows.symbols[at][:40]!r} is none" for at, symbol in enumerate(symbols) if not symbol}
        if not all(moments):
            for at, moment in enumerate(moments):
                if not moment:
                    bad.setdefault(at, self._why(rows.moments[at]))
        for flags, say in _findings(rows, values):
            for at in np.flatnonzero(flags).tolist():
                bad.setdefault(at, say(at))
        return bad

    def _why(self, text: str) -> str:
        try:
            self._moments.key(text)
        except Bad as bad:
            return str(bad)
        raise AssertionError(text)


class _Column(NamedTuple):
    values: Floats
    """NaN where it is no number."""
    texts: list[str]


def _read(column: list[str]) -> _Column:
    # float() takes more than PostgreSQL does (1_000, other scripts' digits, odd spaces): those go the slow way.
    if not _ODD.search(",".join(column)):
        try:
            return _Column(np.array(list(map(float, column))), column)
        except ValueError:
            pass
    texts = [text.strip() for text in column]
    return _Column(np.array([float(text) if _NUMBER.fullmatch(text) else np.nan for text in texts]), texts)


def _whole(volume: _Column) -> list[str]:
    """Shares are counted whole; providers that trade parts of them say 12.5."""
    if "".join(volume.texts).isdigit():
        return volume.texts
    whole = np.rint(np.clip(np.nan_to_num(volume.values), 0, MOST_VOLUME)).astype(np.int64)
    return [str(number) for number in whole.tolist()]


def _findings(rows: Rows, values: Sequence[Floats]) -> Iterator[tuple[Flags, Callable[[int], str]]]:
    """What may be wrong with numbers, each with how to say it of a row."""
    texts = (rows.open, rows.high, rows.low, rows.close, rows.volume)
    for name, column, said in zip((*PRICES, "volume"), values, texts, strict=True):
        yield ~np.isfinite(column), partial(_say, f"{name}: {{}} is no number", said)
    for name, column, said in zip(PRICES, values[:4], texts[:4], strict=True):
        beyond = (column < LEAST_PRICE) | (column >= ROUNDED_UP)
        yield beyond, partial(_say, f"{name}: {{}} is not between {LEAST_PRICE} and {MOST_PRICE:.0e}", said)
    yield values[4] < 0, partial(_say, "volume: {} is negative", rows.volume)
    yield values[4] > MOST_VOLUME, partial(_say, "volume: {} is too much", rows.volume)
    opened, high, low, close, _ = values
    yield high < low, partial(_say, "high {} is below low {}", rows.high, rows.low)
    for name, column, said in (("open", opened, rows.open), ("close", close, rows.close)):
        outside = (column > high) | (column < low)
        yield outside, partial(_say, f"{name} {{}} is not between low {{}} and high {{}}", said, rows.low, rows.high)


def _say(words: str, *columns_and_row: Any) -> str:
    *columns, at = columns_and_row
    return words.format(*(repr(column[at][:40]) for column in columns))
