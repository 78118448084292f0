"""Prices of many days in the share of one: splits cut a series into stretches that cannot be compared as they stand."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.finance import periods
from app.finance.adjust import Split
from app.finance.bars import DAY, Timeframe, day_start
from app.finance.panel import Floats
from app.finance.sessions import extended

Splits = Mapping[str, Sequence[Split]]
"""By symbol, oldest first."""

NONE: Splits = {}


def effective(split: Split, timeframe: Timeframe) -> float:
    """Where the first bar starts that ends in the new shares."""
    if timeframe in periods.SECONDS:
        return extended(split.day).opens
    start = day_start(split.day)
    return start if timeframe == "daily" else periods.begin(timeframe, start)


def factors(starts: Floats, splits: Sequence[Split], timeframe: Timeframe) -> Floats:
    """What prices of bars that start there are worth in the newest share: volumes by 1 / factor. Only their ratio to
    each other is of use where splits are known that lie ahead of the bars."""
    rates = np.ones(len(starts))
    for split in splits:
        if split.ratio > 0:
            rates[starts < effective(split, timeframe)] /= split.ratio
    return rates


def within(starts: Floats, splits: Sequence[Split], timeframe: Timeframe) -> Floats:
    """The same of daily bars in the share in which the longer bar ends that they belong to."""
    period_starts = np.array([periods.begin(timeframe, start) for start in starts.tolist()])
    return factors(starts, splits, "daily") / factors(period_starts, splits, timeframe)


def between(first: float, last: float, splits: Sequence[Split], timeframe: Timeframe) -> float:
    """How many shares one of the instant `first` has become in the bar that starts at `last`."""
    ratio = 1.0
    for split in splits:
        if split.ratio > 0 and first < effective(split, timeframe) <= last:
            ratio *= split.ratio
    return ratio


def reach(splits: Sequence[Split], since: float) -> bool:
    """Whether one of them may cut a series that begins there."""
    return bool(splits) and since < day_start(splits[-1].day) + DAY
