"""Rules on the bars of many symbols: 300 live ones at a minute's close, and where they would have matched.

    python -m bench.rules [--symbols 500] [--rounds 9]

The twenty screens of the presets with fifteen sets of numbers each: other periods, windows and bounds. Bars are random
walks. At a minute's close the day as it stands changes in the matrix of days, and every rule is evaluated at its last
bar; other timeframes change when a bar of theirs closes. All times are CPU milliseconds of one core.
"""

import argparse
import asyncio
import cProfile
import pstats
import re
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from app.finance.bar_series import BarSeries
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.columns import Columns
from app.finance.detections import DetectedPattern
from app.finance.live_matrix import LiveMatrix
from app.finance.panel import WIDTH, Floats
from app.rules.catalogue import LONGEST_PERIOD
from app.rules.evaluate import RuleEvaluation
from app.rules.market_bars import MarketSnapshot
from app.rules.parse import parse
from app.rules.presets import PRESETS
from app.rules.tree import Rule

SETS = 15
SESSIONS = 30
LONGER: tuple[tuple[Timeframe, float], ...] = (("hourly", 3600.0), ("weekly", 7.0 * DAY), ("monthly", 28.0 * DAY))
"""Seconds between the starts of their bars."""
NEWEST = 1346774400.0 // DAY * DAY
PERIOD = re.compile(r"(?<=[a-z])\d+(?=[(.:,)@*]|$)")
BOUND = re.compile(r"(?:(?<=:)|(?<=\.\.))-?\d+(?:\.\d+)?(?=[kmb]?(?:\.\.|,|\)|$))")


def rules() -> list[Rule]:
    """As many different texts as there are presets times SETS."""
    texts = {_variation(preset.text, number) for preset in PRESETS for number in range(SETS)}
    return [parse(text) for text in sorted(texts)]


def _variation(text: str, number: int) -> str:
    def period(match: re.Match[str]) -> str:
        bars = int(match[0])
        return str(bars + number if bars + number <= LONGEST_PERIOD else bars - number)

    return BOUND.sub(lambda match: f"{float(match[0]) * (1 + number / 50) + number / 100:g}", PERIOD.sub(period, text))


def walks(symbols: int, seed: int, starts: Floats) -> Columns:
    generator = np.random.default_rng(seed)
    width = len(starts)
    close = np.round(100 * np.exp(np.cumsum(generator.normal(0, 0.01, (symbols, width)), axis=1)), 2)
    reach = np.round(np.abs(generator.normal(0, 0.5, (symbols, width))), 2)
    volume = generator.integers(1_000, 2_000_000, (symbols, width)).astype(np.float64)
    start = np.broadcast_to(starts, close.shape)
    values = np.stack([start, close, close + reach, np.maximum(close - reach, 0.01), close, volume, volume])
    return Columns("daily", names(symbols), np.arange(symbols) * width, values.reshape(7, -1))


def names(symbols: int) -> list[str]:
    return ["SPY", "BRK.B", "BF/B", "X:BTCUSD", *(f"SYN{number:03d}" for number in range(symbols - 4))]


def filled(timeframe: Timeframe, symbols: int, starts: Floats) -> BarSeries:
    series = BarSeries(timeframe)
    series.fill(walks(symbols, 7, starts)._replace(timeframe=timeframe))
    return series


class LiveMarket:
    """Days with the one that runs, and closed bars of longer and shorter ones."""

    def __init__(self, symbols: int) -> None:
        self._loop = asyncio.new_event_loop()
        self.symbols = names(symbols)
        days = NEWEST - DAY * np.arange(WIDTH, 0, -1.0)
        self.matrices = {"daily": LiveMatrix(filled("daily", symbols, days))}
        for timeframe, seconds in LONGER:
            series = filled(timeframe, symbols, NEWEST - seconds * np.arange(WIDTH, 0, -1.0))
            self.matrices[timeframe] = LiveMatrix(series)
        self.facts = {
            "sector": dict.fromkeys(self.symbols, ("Technology",)),
            "industry": dict.fromkeys(self.symbols, ("Software",)),
        }
        self.detections = [
            DetectedPattern(symbol, "Hammer", "daily", NEWEST - 86400 * 2, 0.9, "bullish")
            for symbol in self.symbols[::2]
        ]

    def snapshot(self, minute: int) -> MarketSnapshot:
        """Each symbol has traded once more."""
        generator = np.random.default_rng(minute)
        running = []
        for symbol, move in zip(self.symbols, generator.normal(0, 1, len(self.symbols)).tolist(), strict=True):
            price = round(100 + move, 2)
            running.append(Bar(symbol, "daily", NEWEST, 100, max(100, price), min(100, price), price, 10_000 * minute))
        matrices = {
            timeframe: self._loop.run_until_complete(own.update(running if timeframe == "daily" else ()))
            for timeframe, own in self.matrices.items()
        }
        changes = {timeframe: change for timeframe, own in self.matrices.items() if (change := own.take_change())}
        caps = dict.fromkeys(self.symbols, 2e10)
        return MarketSnapshot(matrices, self.facts, caps, self.detections, changes=changes)


def cpu_ms(function: Callable[[], object]) -> float:
    began = time.process_time()
    function()
    return 1000 * (time.process_time() - began)


def minute_close(
    market: LiveMarket, all_rules: list[Rule], minute: int, before: RuleEvaluation | None
) -> RuleEvaluation:
    evaluation = RuleEvaluation(market.snapshot(minute), before=before)
    for rule in all_rules:
        evaluation.last(rule)
    return evaluation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--profile", action="store_true", help="print where the time of a minute's close goes")
    options = parser.parse_args()
    market, all_rules = LiveMarket(options.symbols), rules()
    evaluation = None
    times = []
    for minute in range(options.rounds + 1):
        began = time.process_time()
        evaluation = minute_close(market, all_rules, minute + 1, evaluation)
        times.append(1000 * (time.process_time() - began))
    print(
        f"{len(all_rules)} rules, {options.symbols} symbols: first {times[0]:.0f} ms, median {median(times[1:]):.0f} ms"
    )
    if options.profile:
        profile = cProfile.Profile()
        profile.runcall(minute_close, market, all_rules, 99, evaluation)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    whole = [cpu_ms(partial(RuleEvaluation(market.snapshot(1)).last, parse(each.text), SESSIONS)) for each in PRESETS]
    print(f"would have matched in {SESSIONS} sessions: median {median(whole):.0f} ms, most {max(whole):.0f} ms a rule")


if __name__ == "__main__":
    main()
