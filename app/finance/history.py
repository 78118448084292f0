"""Reads daily history (gzipped CSV), instruments, splits and large price moves from files."""

import csv
import gzip
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from app.finance.adjust import Split
from app.finance.bars import Bar, day_start
from app.finance.instrument import Instrument


class LargeMove(NamedTuple):
    """A change of the price that is as large as that of a split and was none."""

    symbol: str
    day: date
    before: float
    """The close of the session before, USD as traded."""
    open: float
    reason: str


def read(path: Path) -> list[Bar]:
    """Daily bars, unadjusted, in the file's order: by symbol, then by date."""
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [_bar(*row[:7]) for row in rows]


def read_instruments(path: Path) -> list[Instrument]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Instrument(row["symbol"], row["name"], row["exchange"], row["currency"], float(row["tick_size"]))
            for row in csv.DictReader(file)
        ]


def read_splits(path: Path) -> dict[str, list[Split]]:
    """By symbol, oldest first; none where there is no such file."""
    splits: dict[str, list[Split]] = {}
    for row in sorted(_rows(path), key=lambda row: (row["symbol"], row["ex_date"])):
        splits.setdefault(row["symbol"], []).append(Split(date.fromisoformat(row["ex_date"]), float(row["ratio"])))
    return splits


def read_moves(path: Path) -> list[LargeMove]:
    """None where there is no such file."""
    return [
        LargeMove(
            row["symbol"],
            date.fromisoformat(row["date"]),
            float(row["close_before"]),
            float(row["open"]),
            row["reason"],
        )
        for row in _rows(path)
    ]


def by_day(bars: Iterable[Bar]) -> dict[date, list[Bar]]:
    """Trading dates in order, each with the bars of all symbols that traded."""
    days: dict[date, list[Bar]] = {}
    for bar in sorted(bars, key=lambda bar: (bar.start, bar.symbol)):
        days.setdefault(bar.day, []).append(bar)
    return days


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _bar(symbol: str, day: str, open_price: str, high: str, low: str, close: str, volume: str) -> Bar:
    start = day_start(date.fromisoformat(day))
    return Bar(symbol, "daily", start, float(open_price), float(high), float(low), float(close), int(volume))
