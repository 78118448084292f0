"""Raw bars as if the last day's share had been held all along: for splits, and for dividends where returns count."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from operator import mul
from typing import NamedTuple

from app.finance.bars import Bar


class Split(NamedTuple):
    """From `day` on `ratio` shares are held for each one before: 2.0 for two for one, 0.1 for one for ten."""

    day: date
    ratio: float


class Payout(NamedTuple):
    """Whoever buys from `day` on no longer gets `amount` for a share, as shares were counted that day."""

    day: date
    amount: float


class Adjusted(NamedTuple):
    bars: tuple[Bar, ...]
    changed: bool
    """Whether anything differs from what was traded: then the page must say so."""


def adjusted(bars: Sequence[Bar], splits: Iterable[Split], payouts: Iterable[Payout] = ()) -> Adjusted:
    """Of one symbol's bars by the day, oldest first. What happens after the last of them is of no effect.

    A payout of d takes 1 - d / c off the prices before it, c being the last close before it (the method of CRSP).
    """
    prices, volumes = _factors(bars, list(splits), list(payouts))
    made = tuple(
        bar._replace(
            open=bar.open * price,
            high=bar.high * price,
            low=bar.low * price,
            close=bar.close * price,
            volume=round(bar.volume * volume),
        )
        if price != 1 or volume != 1
        else bar
        for bar, price, volume in zip(bars, prices, volumes, strict=True)
    )
    return Adjusted(made, any(price != 1 or volume != 1 for price, volume in zip(prices, volumes, strict=True)))


def _factors(
    bars: Sequence[Bar], splits: Sequence[Split], payouts: Sequence[Payout]
) -> tuple[list[float], list[float]]:
    """For each bar, of its prices and of its volume."""
    days = [bar.day for bar in bars]
    prices, volumes = [1.0] * (len(bars) + 1), [1.0] * (len(bars) + 1)
    for split in splits:
        first = bisect_left(days, split.day)
        if 0 < first < len(bars) and split.ratio > 0:
            prices[first] /= split.ratio
            volumes[first] *= split.ratio
    for payout in payouts:
        first = bisect_left(days, payout.day)
        # A payout of all that a share is worth leaves nothing to measure by.
        if 0 < first < len(bars) and 0 < payout.amount < bars[first - 1].close:
            prices[first] *= 1 - payout.amount / bars[first - 1].close
    # What happened at a bar changes all bars before it, and not the bar itself.
    return _before(prices), _before(volumes)


def _before(at: list[float]) -> list[float]:
    return list(accumulate(reversed(at[1:]), mul))[::-1]
