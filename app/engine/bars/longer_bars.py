"""Aggregates bars into longer ones: minutes into hours, days into weeks and months."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from app.finance import periods, shares
from app.finance.adjust import Split
from app.finance.bar_series import BarSeries
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.panel import number_of_ticks
from app.finance.rollup import CORRECTION_SECONDS


class BarAggregator:
    """Reads the series again for each longer bar, so that a late correction corrects the longer bar too."""

    def __init__(self, source: BarSeries, timeframes: Sequence[Timeframe]) -> None:
        self._source = source
        self._running: Mapping[Timeframe, dict[str, float]] = {timeframe: {} for timeframe in timeframes}

    def add(self, bars: Iterable[Bar]) -> list[Bar]:
        """The longer bars that are completed or corrected by bars which the series has already."""
        longer_bars = []
        for bar in bars:
            ended = periods.end(bar.timeframe, bar.start)
            for timeframe, starts in self._running.items():
                start = periods.begin(timeframe, bar.start)
                end = periods.end(timeframe, start)
                running = starts.get(bar.symbol)
                if running is not None and start < running <= max(end, bar.start + CORRECTION_SECONDS):
                    # A correction after the longer bar was complete.
                    longer_bars.append(self._aggregate(bar.symbol, timeframe, start))
                    continue
                if running is not None and running < start:
                    longer_bars.append(self._aggregate(bar.symbol, timeframe, running))
                if ended >= end:
                    starts.pop(bar.symbol, None)
                    longer_bars.append(self._aggregate(bar.symbol, timeframe, start))
                else:
                    starts[bar.symbol] = start
        return [bar for bar in longer_bars if bar]

    def complete_until(self, ended: float) -> list[Bar]:
        """The longer bars that are over at that instant without a later short bar."""
        longer_bars = []
        for timeframe, starts in self._running.items():
            complete = [(symbol, start) for symbol, start in starts.items() if periods.end(timeframe, start) <= ended]
            for symbol, start in complete:
                del starts[symbol]
                longer_bars.append(self._aggregate(symbol, timeframe, start))
        return [bar for bar in longer_bars if bar]

    def running_bars(self, symbols: Iterable[str]) -> list[Bar]:
        """The longer bars that are not complete, as they are now."""
        selection = set(symbols)
        longer_bars = [
            self._aggregate(symbol, timeframe, start)
            for timeframe, starts in self._running.items()
            for symbol, start in starts.items()
            if symbol in selection
        ]
        return [bar for bar in longer_bars if bar]

    def adjusted_for_splits(self, bar: Bar) -> Bar:
        """A week or month with a split in it, in shares of its last day."""
        splits = self._source.splits.get(bar.symbol, ())
        return self._aggregate(bar.symbol, bar.timeframe, bar.start, splits) or bar if splits else bar

    def _aggregate(self, symbol: str, timeframe: Timeframe, start: float, splits: Sequence[Split] = ()) -> Bar | None:
        columns = self._source.columns(symbol)
        first, last = np.searchsorted(columns[0], (start, _next(timeframe, start)))
        if first == last:
            return None
        starts, open_, high, low, close, volume, ticks = columns[:, first:last]
        if splits:
            rates = shares.within(starts, splits, timeframe)
            open_, high, low, volume = open_ * rates, high * rates, low * rates, volume / rates
        return Bar(
            symbol, timeframe, start, float(open_[0]), float(high.max()), float(low.min()), float(close[-1]),
            int(volume.sum()), number_of_ticks(float(ticks.sum())),
        )  # fmt: skip


def _next(timeframe: Timeframe, start: float) -> float:
    """Start of the next bar of that timeframe."""
    if timeframe in periods.SECONDS:
        return start + periods.SECONDS[timeframe]
    return periods.begin(timeframe, start + (periods.WEEK if timeframe == "weekly" else 31 * DAY))
