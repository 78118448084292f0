"""Longer bars from the ones before them: minutes make hours, days make weeks."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from app.engine.bars.bar_series import MENDED_SECONDS, BarSeries
from app.finance import shares, spans
from app.finance.adjust import Split
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.panel import number_of_ticks


class Longer:
    """Made from what the ring holds, so that a bar that was mended late mends the longer ones too."""

    def __init__(self, source: BarSeries, timeframes: Sequence[Timeframe]) -> None:
        self._source = source
        self._open: Mapping[Timeframe, dict[str, float]] = {timeframe: {} for timeframe in timeframes}

    def hear(self, bars: Iterable[Bar]) -> list[Bar]:
        """Of short bars that are in the ring already: the longer ones that they complete."""
        found = []
        for bar in bars:
            ended = spans.end(bar.timeframe, bar.start)
            for timeframe, begun in self._open.items():
                start = spans.begin(timeframe, bar.start)
                end = spans.end(timeframe, start)
                running = begun.get(bar.symbol)
                if running is not None and start < running <= max(end, bar.start + MENDED_SECONDS):
                    # A bar that was mended after the longer one was over.
                    found.append(self._made(bar.symbol, timeframe, start))
                    continue
                if running is not None and running < start:
                    found.append(self._made(bar.symbol, timeframe, running))
                if ended >= end:
                    begun.pop(bar.symbol, None)
                    found.append(self._made(bar.symbol, timeframe, start))
                else:
                    begun[bar.symbol] = start
        return [bar for bar in found if bar]

    def until(self, ended: float) -> list[Bar]:
        """Those that are over at that instant, although no short bar says so."""
        found = []
        for timeframe, begun in self._open.items():
            over = [(symbol, start) for symbol, start in begun.items() if spans.end(timeframe, start) <= ended]
            for symbol, start in over:
                del begun[symbol]
                found.append(self._made(symbol, timeframe, start))
        return [bar for bar in found if bar]

    def so_far(self, symbols: Iterable[str]) -> list[Bar]:
        """The longer bars that are not over, as they are now."""
        asked = set(symbols)
        found = [
            self._made(symbol, timeframe, start)
            for timeframe, begun in self._open.items()
            for symbol, start in begun.items()
            if symbol in asked
        ]
        return [bar for bar in found if bar]

    def in_one_share(self, bar: Bar) -> Bar:
        """A week or month with a split in it, in the share of its last day."""
        splits = self._source.splits.get(bar.symbol, ())
        return self._made(bar.symbol, bar.timeframe, bar.start, splits) or bar if splits else bar

    def _made(self, symbol: str, timeframe: Timeframe, start: float, splits: Sequence[Split] = ()) -> Bar | None:
        columns = self._source.columns(symbol)
        first, last = np.searchsorted(columns[0], (start, _next(timeframe, start)))
        if first == last:
            return None
        starts, opened, high, low, close, volume, ticks = columns[:, first:last]
        if splits:
            rates = shares.within(starts, splits, timeframe)
            opened, high, low, volume = opened * rates, high * rates, low * rates, volume / rates
        return Bar(
            symbol, timeframe, start, float(opened[0]), float(high.max()), float(low.min()), float(close[-1]),
            int(volume.sum()), number_of_ticks(float(ticks.sum())),
        )  # fmt: skip


def _next(timeframe: Timeframe, start: float) -> float:
    """Where the next one starts, in the short bars' own count of time."""
    if timeframe in spans.SECONDS:
        return start + spans.SECONDS[timeframe]
    return spans.begin(timeframe, start + (spans.WEEK if timeframe == "weekly" else 31 * DAY))
