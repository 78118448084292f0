"""The newest bars of every symbol in memory, of all timeframes."""

from collections.abc import Iterable, Mapping, Sequence

from app.finance import periods, shares
from app.finance.bar_series import BarSeries
from app.finance.bars import Bar, Timeframe
from app.finance.columns import Columns
from app.finance.shares import Splits


class SeriesByTimeframe:
    def __init__(self) -> None:
        self._series: dict[Timeframe, BarSeries] = {}
        self.splits: Splits = shares.NONE
        self.tick_sizes: Mapping[str, float] = {}

    def timeframe(self, timeframe: Timeframe) -> BarSeries:
        if timeframe not in self._series:
            self._series[timeframe] = BarSeries(timeframe, self.splits, self.tick_sizes)
        return self._series[timeframe]

    def clear(self) -> None:
        self._series.clear()

    def set_splits(self, splits: Splits) -> None:
        self.splits = splits
        for series in self._series.values():
            series.splits = splits

    def set_tick_sizes(self, tick_sizes: Mapping[str, float]) -> None:
        self.tick_sizes = tick_sizes
        for series in self._series.values():
            series.tick_sizes = tick_sizes

    def extend(self, bars: Iterable[Bar]) -> None:
        for bar in bars:
            self.add(bar)

    def reserve(self, symbols: int) -> None:
        """Reserves memory for so many symbols in all timeframes."""
        for timeframe in periods.TIMEFRAMES:
            self.timeframe(timeframe).reserve(symbols)

    def fill(self, bars: Columns) -> None:
        """Replaces all bars of these symbols in their timeframe."""
        self.timeframe(bars.timeframe).fill(bars)

    def add(self, bar: Bar) -> None:
        self.timeframe(bar.timeframe).add(bar)

    def forget_after(self, minute: float) -> None:
        """Drops minutes that start then or later, and longer bars that contain one of them."""
        for timeframe, series in self._series.items():
            if timeframe in periods.SECONDS:
                series.forget_after(periods.begin(timeframe, minute))

    def last(self, symbol: str, timeframe: Timeframe) -> Sequence[Bar]:
        """Oldest first, at most BARS_PER_SYMBOL."""
        return self.timeframe(timeframe).last(symbol)
