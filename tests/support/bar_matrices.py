"""Bars of several symbols as a matrix: random walks with gaps, still prices and splits, and the shipped history."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from app.finance import history, periods
from app.finance.adjust import Split
from app.finance.bars import DAY, Bar, Timeframe, day_of, day_start
from app.finance.columns import Columns, gather
from app.finance.matrix import BarMatrix, from_columns
from app.finance.panel import fields
from app.finance.shares import Splits

SHIPPED = Path("config/history/us-equities-daily.csv.gz")
SYMBOLS = ("BRK.B", "BF/B", "X:BTCUSD", "IBM", "SPY")
SPLITS: Splits = {
    "BRK.B": [Split(date(2012, 3, 20), 2.0)],
    "X:BTCUSD": [Split(date(2012, 2, 1), 0.25), Split(date(2012, 5, 7), 4.0)],
}
FIRST = date(2012, 1, 3)
OPENS = day_start(FIRST) + 14.5 * 3600
"""When New York opens on that day."""


@lru_cache(maxsize=1)
def shipped_bars() -> list[Bar]:
    return history.read(SHIPPED)


def shipped_splits() -> Splits:
    return history.read_splits(SHIPPED.with_name("splits.csv"))


def columns(timeframe: Timeframe, bars: Sequence[Bar]) -> Columns:
    names = list(dict.fromkeys(bar.symbol for bar in bars))
    places = np.array([names.index(bar.symbol) for bar in bars], dtype=np.int64)
    values = np.array([fields(bar) for bar in bars], dtype=np.float64).reshape(len(bars), 7).T
    return gather(timeframe, names, places, values)


def matrix(timeframe: Timeframe, bars: Sequence[Bar], splits: Splits, width: int = 0) -> BarMatrix:
    """Of all their bars, or the newest `width`."""
    own = columns(timeframe, bars)
    return from_columns(own, width or max(values.shape[1] for _, values in own.each()), splits)


def random_bars(
    timeframe: Timeframe, count: int, seed: int, symbols: Iterable[str] = SYMBOLS, splits: Splits = SPLITS
) -> list[Bar]:
    """Up to `count` bars of each symbol, as traded; some begin later, lack bars or stand still for a while."""
    generator = np.random.default_rng(seed)
    starts = _starts(timeframe, count)
    bars: list[Bar] = []
    for symbol in symbols:
        first = int(generator.integers(0, count)) if generator.random() < 0.3 else 0
        present = generator.random(count) > generator.choice([0.0, 0.1])
        moves = np.round(generator.normal(0, generator.choice([0.01, 0.5]), count), 2)
        still = int(generator.integers(0, count))
        moves[still : still + int(generator.integers(0, 60))] = 0
        closes = np.maximum(np.round(generator.uniform(1, 60) + np.cumsum(moves), 2), 0.4)
        bars += [
            _bar(symbol, timeframe, starts[place], (float(closes[place]), moves[place] == 0), generator)
            for place in range(first, count)
            if present[place]
        ]
    return _as_traded(bars, splits)


def _bar(
    symbol: str, timeframe: Timeframe, start: float, price: tuple[float, bool], generator: np.random.Generator
) -> Bar:
    close, still = price
    up, down, gap = (0.0, 0.0, 0.0) if still else np.round(np.abs(generator.normal(0, 0.1, 3)), 2).tolist()
    open_price = close + gap
    volume = int(generator.integers(0, 5000)) * 4
    return Bar(symbol, timeframe, start, open_price, max(close, open_price) + up, max(close - down, 0.2), close, volume)


def _as_traded(bars: Iterable[Bar], splits: Splits) -> list[Bar]:
    """As they were paid before a split."""
    return [_scaled(bar, _ratio(bar, splits.get(bar.symbol, ()))) for bar in bars]


def _ratio(bar: Bar, splits: Sequence[Split]) -> float:
    return float(np.prod([split.ratio for split in splits if day_of(bar.start) < split.day] or [1.0]))


def _scaled(bar: Bar, ratio: float) -> Bar:
    prices = (price * ratio for price in bar[3:7])
    return Bar(bar.symbol, bar.timeframe, bar.start, *prices, int(bar.volume / ratio))  # type: ignore[arg-type]


def _starts(timeframe: Timeframe, count: int) -> list[float]:
    if timeframe in periods.SECONDS:
        begin = periods.begin(timeframe, OPENS - 5400)
        return [begin + place * periods.SECONDS[timeframe] for place in range(count)]
    if timeframe == "daily":
        days = (day_start(FIRST) + DAY * place for place in range(2 * count))
        return [start for start in days if day_of(start).weekday() < 5][:count]
    starts = dict.fromkeys(periods.begin(timeframe, day_start(FIRST) + DAY * place) for place in range(40 * count))
    return list(starts)[:count]
