"""Whether patterns lean to one side: how many are bullish and how many bearish in a session that leans to none.

    python -m bench.bias [--symbols 120] [--spacing 60] [--no-ticks]

The synthetic market's session, tick by tick into minutes and five minutes, and each bar analysed as the engine does it.
`--spacing` is the mean number of seconds between two ticks of a symbol: 60 is what `tickstock run` plays by default, so
that most minutes have one price. A random walk leans to no side; neither should what is made of it. `--no-ticks` leaves
out how many ticks a bar was made of, as stored bars do.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import groupby

import numpy as np

from app.engine.analysis import analyse
from app.engine.series import Series
from app.engine.thresholds import Thresholds
from app.finance.bars import Bar
from app.finance.spans import merged
from app.ingest.invented import Events, InventedDay
from app.ingest.universe import Universe
from app.settings import Settings
from app.wire.events import PatternDetected

SESSIONS = (date(2026, 1, 5), date(2026, 1, 6))
"""The first one gives the second one its bars before."""


def minutes(universe: Universe, day: date, spacing: float, *, counted: bool) -> Iterator[list[Bar]]:
    """The bars of every minute of the session, of the symbols that traded in it."""
    invented = InventedDay(universe, day, Events(0, 0, 0), around=False)
    for minute in range(invented.minutes):
        start, trades = invented.begins + 60 * minute, invented.trades(minute, spacing)
        order = np.argsort(trades.symbols, kind="stable")
        numbers, first = np.unique(trades.symbols[order], return_index=True)
        own = zip(
            numbers.tolist(),
            np.split(trades.prices[order], first[1:]),
            np.split(trades.volumes[order], first[1:]),
            strict=True,
        )
        yield [
            Bar(
                universe.symbols[number], "1min", start, float(prices[0]), float(prices.max()), float(prices.min()),
                float(prices[-1]), int(volumes.sum()), len(prices) if counted else None,
            )
            for number, prices, volumes in own
        ]  # fmt: skip


def patterns(universe: Universe, spacing: float, *, counted: bool) -> Iterator[PatternDetected]:
    series, usual = Series(), Thresholds(Settings().engine.min_confidence)
    for day in SESSIONS:
        per_symbol: dict[str, list[Bar]] = {}
        for bars in minutes(universe, day, spacing, counted=counted):
            series.extend(bars)
            for bar in bars:
                per_symbol.setdefault(bar.symbol, []).append(bar)
            yield from analyse(series.ring("1min").panel([bar.symbol for bar in bars]), usual).patterns
        fives = sorted(
            (bar for own in per_symbol.values() for bar in merged(own, "5min")), key=lambda bar: (bar.start, bar.symbol)
        )
        for _, group in groupby(fives, key=lambda bar: bar.start):
            bars = list(group)
            series.extend(bars)
            yield from analyse(series.ring("5min").panel([bar.symbol for bar in bars]), usual).patterns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=120)
    parser.add_argument("--spacing", type=float, default=60.0)
    parser.add_argument("--no-ticks", action="store_true")
    said = parser.parse_args()
    universe = Universe(42, said.symbols, SESSIONS[0], 0)
    each: Counter[tuple[str, str, str]] = Counter()
    for event in patterns(universe, said.spacing, counted=not said.no_ticks):
        each[event.timeframe, event.direction, event.pattern] += 1
    for (timeframe, direction, pattern), count in each.most_common(24):
        print(f"{timeframe:>6} {direction:8} {pattern:28} {count:6}")
    for timeframe in ("1min", "5min"):
        sides = {
            side: sum(count for key, count in each.items() if key[:2] == (timeframe, side))
            for side in ("bullish", "bearish", "neutral")
        }
        ratio = sides["bearish"] / max(1, sides["bullish"])
        said_of = ", ".join(f"{count} {side}" for side, count in sides.items())
        print(f"{timeframe}: {said_of}; bearish to bullish {ratio:.2f}")


if __name__ == "__main__":
    main()
