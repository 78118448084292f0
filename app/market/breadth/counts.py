"""Breadth of the market: how many symbols rise, stand at a new high, are above their means, and in which stage."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.finance.panel import Floats, Mask
from app.market.overview.figures import MarketFigures
from app.market.overview.stored import StoredValues


class BreadthMeasure(NamedTuple):
    key: str
    label: str
    rule: str
    """Of a scan for the same symbols."""
    hint: str = ""


MEASURES: Sequence[BreadthMeasure] = (
    BreadthMeasure("advancing", "Advancing", "chg:gt:0"),
    BreadthMeasure("unchanged", "Unchanged", "chg:0..0"),
    BreadthMeasure("declining", "Declining", "chg:lt:0"),
    BreadthMeasure("highs", "At a new high", "high:gt:max252(high)@1"),
    BreadthMeasure("lows", "At a new low", "low:lt:min252(low)@1"),
    BreadthMeasure("sma20", "Above SMA 20", "close:gt:sma20"),
    BreadthMeasure("sma50", "Above SMA 50", "close:gt:sma50"),
    BreadthMeasure("sma200", "Above SMA 200", "close:gt:sma200"),
)

STAGES: Sequence[BreadthMeasure] = (
    BreadthMeasure(
        "base", "Stage 1, base", "close:ge:sma50,sma50:le:sma200", "price at or above SMA 50, which is not above 200"
    ),
    BreadthMeasure(
        "advance", "Stage 2, advance", "close:gt:sma50,sma50:gt:sma200", "price above SMA 50, which is above 200"
    ),
    BreadthMeasure(
        "top", "Stage 3, top", "close:le:sma50,sma50:gt:sma200", "price not above SMA 50, which is above 200"
    ),
    BreadthMeasure(
        "decline", "Stage 4, decline", "close:lt:sma50,sma50:le:sma200", "price below SMA 50, which is not above 200"
    ),
)
"""Stages of a trend after Weinstein, told by price, SMA 50 and SMA 200."""


class BreadthCount(NamedTuple):
    """`of`: symbols for which the value is known."""

    measure: BreadthMeasure
    symbols: int
    of: int

    @property
    def share(self) -> float | None:
        return self.symbols / self.of if self.of else None


def breadth(figures: MarketFigures, values: StoredValues) -> list[BreadthCount]:
    side, price = figures.side, figures.price
    changed = ~np.isnan(side)
    high, low = values.before("max252_high"), values.before("min252_low")
    means = [values.newest(name) for name in ("sma20", "sma50", "sma200")]
    cases = [
        (side > 0, changed),
        (side == 0, changed),
        (side < 0, changed),
        (figures.high > high, ~np.isnan(high)),
        (figures.low < low, ~np.isnan(low)),
        *((price > mean, ~np.isnan(mean)) for mean in means),
    ]
    return [_count(measure, *case) for measure, case in zip(MEASURES, cases, strict=True)]


def stages(figures: MarketFigures, values: StoredValues) -> list[BreadthCount]:
    price, fast, slow = figures.price, values.newest("sma50"), values.newest("sma200")
    has_both = ~np.isnan(fast) & ~np.isnan(slow)
    rising = fast > slow
    return [
        _count(measure, has_both & case, has_both)
        for measure, case in zip(STAGES, _stage_masks(price, fast, rising), strict=True)
    ]


def _stage_masks(price: Floats, fast: Floats, rising: Mask) -> Sequence[Mask]:
    return (price >= fast) & ~rising, (price > fast) & rising, (price <= fast) & rising, (price < fast) & ~rising


def _count(measure: BreadthMeasure, holds: Mask, is_known: Mask) -> BreadthCount:
    return BreadthCount(measure, int(np.count_nonzero(holds & is_known)), int(np.count_nonzero(is_known)))
