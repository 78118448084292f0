"""Reads stored bars of any timeframe, adjusted for later splits and dividends."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from app.db import corporate_actions
from app.db.market import MarketShape
from app.finance import columns, periods, shares
from app.finance.adjust import AdjustedBars, CorporateActions, Prices, Rates, Split, adjust, rates_across, scale_bar
from app.finance.bars import Bar, Timeframe
from app.finance.instrument import Instrument
from app.finance.periods import DATED
from app.quotes.bars import queries

MOST_DAYS = 40_000
"""More than a century of sessions."""


class BarRange(NamedTuple):
    """The newest `limit` bars that begin in [since, until)."""

    timeframe: Timeframe
    since: datetime | None
    until: datetime | None
    limit: int

    def holds(self, bar: Bar) -> bool:
        after = self.since is None or self.since.timestamp() <= bar.start
        return after and (self.until is None or bar.start < self.until.timestamp())


class ShareBasis(NamedTuple):
    """Prices refer to the share of this day, wherever the bars end, so that pages of one series fit together."""

    instrument: Instrument
    day: date | None
    prices: Prices


async def bars(
    connection: corporate_actions.Link, shape: MarketShape, basis: ShareBasis, bar_range: BarRange
) -> AdjustedBars:
    """Oldest first."""
    symbol, day = basis.instrument.symbol, basis.day
    actions = (await corporate_actions.actions(connection, symbol, basis.instrument.currency)).of(basis.prices)
    splits = [split for split in actions.splits if day is None or split.day <= day]
    payouts = [payout for payout in actions.payouts if day is None or payout.day <= day]
    if bar_range.timeframe in DATED and (splits or payouts):
        days = await queries.read_bars(connection, shape, symbol, "daily", None, None, MOST_DAYS)
        return _from_days(columns.bars(days), CorporateActions(splits, payouts), bar_range)
    stored_columns = await queries.read_bars(connection, shape, symbol, *bar_range)
    return _adjust_for_splits(columns.bars(stored_columns), splits, bar_range.timeframe)


def _from_days(days: Sequence[Bar], actions: CorporateActions, bar_range: BarRange) -> AdjustedBars:
    if not days:
        return AdjustedBars((), False)
    adjusted_days, changed = adjust(days, *actions)
    since = rates_across(days[-1], date.max, actions)
    if since != (1, 1):
        adjusted_days, changed = tuple(scale_bar(bar, since) for bar in adjusted_days), True
    longer = adjusted_days if bar_range.timeframe == "daily" else periods.merge(adjusted_days, bar_range.timeframe)
    within = tuple(bar for bar in longer if bar_range.holds(bar))[-bar_range.limit :]
    return AdjustedBars(within, changed and bool(within))


def _adjust_for_splits(bars: Sequence[Bar], splits: Sequence[Split], timeframe: Timeframe) -> AdjustedBars:
    if not splits or not bars:
        return AdjustedBars(tuple(bars), False)
    # Factors convert prices to the newest share that is known.
    factors = shares.factors(np.array([bar.start for bar in bars]), splits, timeframe).tolist()
    adjusted_bars = tuple(scale_bar(bar, Rates(rate, 1 / rate)) for bar, rate in zip(bars, factors, strict=True))
    return AdjustedBars(adjusted_bars, any(rate != 1 for rate in factors))
