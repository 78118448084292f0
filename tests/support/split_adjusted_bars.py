"""Weekly and monthly bars from daily ones, in the shares of their last day: the engine's roll-up, bar by bar."""

from collections.abc import Sequence

import numpy as np

from app.finance import periods, shares
from app.finance.adjust import Split
from app.finance.bars import Bar, Timeframe


def merge(days: Sequence[Bar], timeframe: Timeframe, splits: Sequence[Split]) -> list[Bar]:
    """The weeks or months that these daily bars of one symbol make, each in the share of its last day."""
    if not days or not shares.reach(splits, days[0].start):
        return periods.merge(days, timeframe)
    rates = shares.within(np.array([bar.start for bar in days]), splits, timeframe).tolist()
    return periods.merge([_times(bar, rate) for bar, rate in zip(days, rates, strict=True)], timeframe)


def _times(bar: Bar, rate: float) -> Bar:
    if rate == 1:
        return bar
    return Bar(
        bar.symbol, bar.timeframe, bar.start, bar.open * rate, bar.high * rate, bar.low * rate, bar.close * rate,
        round(bar.volume / rate),
    )  # fmt: skip
