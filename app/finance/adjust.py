"""Adjusts bars for splits, and for dividends where total return is wanted."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import accumulate
from math import prod
from operator import mul
from typing import Literal, NamedTuple, get_args

from app.finance.bars import Bar

Prices = Literal["split", "total", "raw"]
"""As if the newest share had been held all along; the same with what it paid bought into it; or as they were paid."""

PRICES: tuple[Prices, ...] = get_args(Prices)


class Split(NamedTuple):
    """From `day` on `ratio` shares are held for each one before: 2.0 for two for one, 0.1 for one for ten."""

    day: date
    ratio: float


class Payout(NamedTuple):
    """Whoever buys from `day` on no longer gets `amount` for a share, as shares were counted that day."""

    day: date
    amount: float


class CorporateActions(NamedTuple):
    """Of one symbol, oldest first."""

    splits: Sequence[Split] = ()
    payouts: Sequence[Payout] = ()

    def of(self, prices: Prices) -> "CorporateActions":
        """Those that count for such prices."""
        return CorporateActions(() if prices == "raw" else self.splits, self.payouts if prices == "total" else ())


class Rates(NamedTuple):
    """What prices, and volumes, are to be multiplied with."""

    price: float = 1.0
    volume: float = 1.0


class AdjustedBars(NamedTuple):
    bars: tuple[Bar, ...]
    changed: bool
    """Whether anything differs from what was traded: then the page must say so."""


def adjust(bars: Sequence[Bar], splits: Iterable[Split], payouts: Iterable[Payout] = ()) -> AdjustedBars:
    """Of one symbol's bars by the day, oldest first. What happens after the last of them is of no effect.

    Prices before a payout of d become 1 - d / c of what they were, c being the last close before its ex-date: the
    multiplier of the Center for Research in Security Prices as Yahoo's "What is the adjusted close?" works it out.
    """
    prices, volumes = _factors(bars, list(splits), list(payouts))
    adjusted_bars = tuple(
        bar if price == volume == 1 else scale_bar(bar, Rates(price, volume))
        for bar, price, volume in zip(bars, prices, volumes, strict=True)
    )
    return AdjustedBars(
        adjusted_bars, any(price != 1 or volume != 1 for price, volume in zip(prices, volumes, strict=True))
    )


def scale_bar(bar: Bar, rates: Rates) -> Bar:
    price, volume = rates
    return bar._replace(
        open=bar.open * price,
        high=bar.high * price,
        low=bar.low * price,
        close=bar.close * price,
        volume=round(bar.volume * volume),
    )


def share_ratio(splits: Iterable[Split], after: date, until: date) -> float:
    """How many shares one of the day `after` has become on the day `until`."""
    return prod(split.ratio for split in splits if after < split.day <= until and split.ratio > 0)


def rates_across(last: Bar, day: date, actions: CorporateActions) -> Rates:
    """For all up to and with `last`, where the next bar is of that day."""
    shares = share_ratio(actions.splits, last.day, day)
    payout_factor = prod(
        _payout_factor(payout, last, actions.splits) for payout in actions.payouts if last.day < payout.day <= day
    )
    return Rates(payout_factor / shares, shares)


def _payout_factor(payout: Payout, last: Bar, splits: Iterable[Split]) -> float:
    """Of the worth of a share at `last`, the last bar before the payout."""
    worth = last.close / share_ratio(splits, last.day, payout.day)
    # A payout of all that a share is worth leaves nothing to measure by.
    return 1 - payout.amount / worth if 0 < payout.amount < worth else 1.0


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
        if 0 < first < len(bars):
            prices[first] *= _payout_factor(payout, bars[first - 1], splits)
    # What happened at a bar changes all bars before it, and not the bar itself.
    return _before(prices), _before(volumes)


def _before(at: list[float]) -> list[float]:
    return list(accumulate(reversed(at[1:]), mul))[::-1]
