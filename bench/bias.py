"""Direction bias of patterns: how many are bullish and how many bearish in a session without a trend.

    python -m bench.bias [--symbols 120] [--spacing 60] [--no-ticks]

Two sessions of the synthetic market, tick by tick into minutes and five minutes; every bar is judged as in the engine.
`--spacing` is the mean number of seconds between two ticks of a symbol. The synthetic provider plays 60 by default, so
that most minutes have one price. A random walk leans to no side, but for what it happened to rise or fall in the end:
the same sessions upside down show that. `--no-ticks` leaves out how many ticks a bar was made of, as stored bars do.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import date

from app.finance import candles, crossings, levels
from app.finance.bars import Bar, Timeframe
from app.finance.invented.session import InventedSession, SessionEvents
from app.finance.panel import walk
from app.finance.periods import merge
from app.finance.sessions import regular
from app.finance.shape import Direction
from app.ingest.synthetic_universe import SyntheticUniverse
from app.settings.load import Settings

SESSIONS = (date(2026, 1, 5), date(2026, 1, 6))
TIMEFRAMES: tuple[Timeframe, ...] = ("1min", "5min")


def minutes(universe: SyntheticUniverse, day: date, spacing: float, *, with_ticks: bool) -> Iterator[list[Bar]]:
    """The bars of every minute of the session, for the symbols that traded in it."""
    session = InventedSession(universe, regular(day), SessionEvents(0, 0, 0))
    for minute in range(session.minutes):
        bars = session.bars(minute, spacing)
        yield bars if with_ticks else [bar._replace(ticks=None) for bar in bars]


def patterns(
    universe: SyntheticUniverse,
    timeframe: Timeframe,
    spacing: float,
    *,
    with_ticks: bool = True,
    upside_down: bool = False,
) -> Iterator[tuple[str, Direction]]:
    """Name and direction of every pattern that the engine would publish."""
    at_least = Settings().engine.min_confidence
    traded: dict[str, list[Bar]] = {}
    for day in SESSIONS:
        for bars in minutes(universe, day, spacing, with_ticks=with_ticks):
            for bar in bars:
                traded.setdefault(bar.symbol, []).append(bar)
    for own in map(_turned, traded.values()) if upside_down else traded.values():
        bars = own if timeframe == "1min" else merge(own, timeframe)
        panel = walk(bars, len(bars))
        for part in (candles, crossings, levels):
            for one in part.find(panel, lambda _name: at_least):
                yield one.pattern, one.direction


def _turned(bars: list[Bar]) -> list[Bar]:
    """Mirrors the bars at the first price, in whole cents."""
    turn = 2 * bars[0].open
    other = [[round(turn - price, 2) for price in bar[3:7]] for bar in bars]
    return [
        bar._replace(open=open_price, high=high, low=low, close=close)
        for bar, (open_price, low, high, close) in zip(bars, other, strict=True)
    ]


def counts(sides: Counter[Direction]) -> str:
    ratio = sides["bearish"] / max(1, sides["bullish"])
    return f"{sides['bullish']} bullish, {sides['bearish']} bearish, {sides['neutral']} neutral: {ratio:.2f} to one"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=120)
    parser.add_argument("--spacing", type=float, default=60.0)
    parser.add_argument("--no-ticks", action="store_true")
    options = parser.parse_args()
    universe = SyntheticUniverse(42, options.symbols, SESSIONS[0], 0)
    for timeframe in TIMEFRAMES:
        each = Counter(patterns(universe, timeframe, options.spacing, with_ticks=not options.no_ticks))
        for (pattern, direction), count in each.most_common(12):
            print(f"{timeframe:>6} {direction:8} {pattern:28} {count:6}")
        for upside_down in (False, True):
            every = patterns(
                universe, timeframe, options.spacing, with_ticks=not options.no_ticks, upside_down=upside_down
            )
            sides = Counter(direction for _, direction in every)
            print(f"{timeframe}{' upside down' if upside_down else ''}: {counts(sides)}")


if __name__ == "__main__":
    main()
