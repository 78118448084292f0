"""Stored bars of any length, after what became of a share since."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from app.db import corporate_actions
from app.db.market import MarketShape
from app.finance import columns, shares, spans
from app.finance.adjust import Actions, Adjusted, Prices, Rates, Split, adjusted, crossed, times
from app.finance.bars import Bar, Timeframe
from app.finance.instrument import Instrument
from app.quotes.bars import queries

DATED: tuple[Timeframe, ...] = ("daily", "weekly", "monthly")
MOST_DAYS = 40_000
"""More than a century."""


class Cut(NamedTuple):
    """The newest `limit` that begin from `since` on and before `until`."""

    timeframe: Timeframe
    since: datetime | None
    until: datetime | None
    limit: int

    def holds(self, bar: Bar) -> bool:
        after = self.since is None or self.since.timestamp() <= bar.start
        return after and (self.until is None or bar.start < self.until.timestamp())


class Share(NamedTuple):
    """Prices are given in that of this day, wherever the bars end: pages of one series fit each other."""

    instrument: Instrument
    day: date | None
    prices: Prices


async def bars(connection: corporate_actions.Link, shape: MarketShape, share: Share, cut: Cut) -> Adjusted:
    """Oldest first."""
    symbol, day = share.instrument.symbol, share.day
    known = (await corporate_actions.actions(connection, symbol, share.instrument.currency)).of(share.prices)
    splits = [split for split in known.splits if day is None or split.day <= day]
    payouts = [payout for payout in known.payouts if day is None or payout.day <= day]
    if cut.timeframe in DATED and (splits or payouts):
        days = await queries.stored(connection, shape, symbol, "daily", None, None, MOST_DAYS)
        return _of_days(columns.bars(days), Actions(splits, payouts), cut)
    found = await queries.stored(connection, shape, symbol, *cut)
    return _unsplit(columns.bars(found), splits, cut.timeframe)


def _of_days(days: Sequence[Bar], known: Actions, cut: Cut) -> Adjusted:
    if not days:
        return Adjusted((), False)
    made, changed = adjusted(days, *known)
    since = crossed(days[-1], date.max, known)
    if since != (1, 1):
        made, changed = tuple(times(bar, since) for bar in made), True
    longer = made if cut.timeframe == "daily" else spans.merged(made, cut.timeframe)
    within = tuple(bar for bar in longer if cut.holds(bar))[-cut.limit :]
    return Adjusted(within, changed and bool(within))


def _unsplit(bars: Sequence[Bar], splits: Sequence[Split], timeframe: Timeframe) -> Adjusted:
    if not splits or not bars:
        return Adjusted(tuple(bars), False)
    # A factor is of the prices in the newest share of all that is known: what is left of it is what came since.
    factors = shares.factors(np.array([bar.start for bar in bars]), splits, timeframe).tolist()
    made = tuple(times(bar, Rates(rate, 1 / rate)) for bar, rate in zip(bars, factors, strict=True))
    return Adjusted(made, any(rate != 1 for rate in factors))
