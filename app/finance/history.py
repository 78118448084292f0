"""Daily history kept as gzipped CSV, and the names of what it holds."""

import csv
import gzip
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from app.finance.bars import Bar, day_start
from app.finance.instrument import Instrument


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


def by_day(bars: Iterable[Bar]) -> dict[date, list[Bar]]:
    """Trading dates in order, each with the bars of all symbols that traded."""
    days: dict[date, list[Bar]] = {}
    for bar in sorted(bars, key=lambda bar: (bar.start, bar.symbol)):
        days.setdefault(bar.day, []).append(bar)
    return days


def _bar(symbol: str, day: str, opened: str, high: str, low: str, close: str, volume: str) -> Bar:
    start = day_start(date.fromisoformat(day))
    return Bar(symbol, "daily", start, float(opened), float(high), float(low), float(close), int(volume))
