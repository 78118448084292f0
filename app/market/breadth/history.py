"""Breadth of the last sessions, from stored daily bars: computed once a session for all web processes."""

import asyncio
from datetime import date

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from app.db import corporate_actions, stored_bars
from app.db.pools import Pools
from app.finance import calendar, shares
from app.finance.bars import day_of
from app.finance.columns import CLOSE, HIGH, LOW, Columns
from app.finance.markets import market
from app.finance.panel import Floats, Mask
from app.finance.shares import Splits
from app.finance.tick_size import side, tick_sizes
from app.wire.cache.cache import Cache

SESSIONS = 30
BARS = 252 + SESSIONS
"""Of a symbol: each of the sessions is compared with 252 days before it."""
AT_ONCE = 100
"""Symbols of one statement."""
KEEP_SECONDS = 6 * 3600.0
MEANS = (20, 50, 200)


class BreadthHistory(msgspec.Struct, frozen=True):
    """`shares`: of the symbols whose value is known, 0 to 1, a value for each of `days` and each key of a measure;
    None where no value is known."""

    days: list[date]
    shares: dict[str, list[float | None]]


class BreadthSums:
    """Counts of many symbols, a day and a measure each."""

    def __init__(self) -> None:
        self._hits: dict[str, dict[float, int]] = {}
        self._totals: dict[str, dict[float, int]] = {}

    def add(self, key: str, starts: Floats, holds: Mask, is_known: Mask) -> None:
        """Arrays of one shape; `starts`: where the bars start."""
        for sums, mask in ((self._hits, holds & is_known), (self._totals, is_known)):
            days, counts = np.unique(starts[mask], return_counts=True)
            own = sums.setdefault(key, {})
            for day, number in zip(days.tolist(), counts.tolist(), strict=True):
                own[day] = own.get(day, 0) + number

    def history(self) -> BreadthHistory:
        """Of the newest sessions of the exchange."""
        starts = sorted({start for own in self._totals.values() for start in own})
        newest = [start for start in starts if calendar.is_session(day_of(start))][-SESSIONS:]
        return BreadthHistory(
            [day_of(start) for start in newest],
            {key: [self._share(key, start) for start in newest] for key in self._totals},
        )

    def _share(self, key: str, start: float) -> float | None:
        of = self._totals[key].get(start, 0)
        return round(self._hits[key].get(start, 0) / of, 4) if of else None


async def history(pools: Pools, cache: Cache, session: date | None) -> BreadthHistory:
    """`session`: the running one, whose beginning makes it anew. Raises Unavailable."""

    async def load() -> bytes:
        return msgspec.json.encode(await _read(pools))

    return msgspec.json.decode(await cache.get(f"bars:breadth:{session}", KEEP_SECONDS, load), type=BreadthHistory)


async def _read(pools: Pools) -> BreadthHistory:
    shape, sums = await pools.shape(), BreadthSums()
    async with pools.market.acquire() as connection:
        # Coins and currencies are traded on other days.
        names = [name for name in await stored_bars.symbols(connection, shape) if market(name) == "exchange"]
        splits = await corporate_actions.every_split(connection)
    for first in range(0, len(names), AT_ONCE):
        portion = names[first : first + AT_ONCE]
        async with pools.market.acquire() as connection:
            bars = await stored_bars.newest(connection, shape, "daily", portion, BARS)
        await asyncio.to_thread(add_bars, sums, bars, splits)
    return sums.history()


def add_bars(sums: BreadthSums, bars: Columns, splits: Splits) -> None:
    """Counts the last SESSIONS bars of each symbol."""
    if not len(bars.symbols):
        return
    starts, high, low, close = _matrices(bars, splits)
    recent = starts[:, -SESSIONS:]
    price, before = close[:, -SESSIONS:], close[:, -SESSIONS - 1 : -1]
    change = side(price - before, tick_sizes(bars.symbols, price, {}))
    has_change = ~np.isnan(price - before)
    for key, sign in (("advancing", 1), ("unchanged", 0), ("declining", -1)):
        sums.add(key, recent, change == sign, has_change)
    highest, lowest = _before(high).max(axis=2), _before(low).min(axis=2)
    sums.add("highs", recent, high[:, -SESSIONS:] > highest, ~np.isnan(highest))
    sums.add("lows", recent, low[:, -SESSIONS:] < lowest, ~np.isnan(lowest))
    for bars_of_mean in MEANS:
        mean = sliding_window_view(close, bars_of_mean, axis=1).mean(axis=2)[:, -SESSIONS:]
        sums.add(f"sma{bars_of_mean}", recent, price > mean, ~np.isnan(mean))


def _matrices(bars: Columns, splits: Splits) -> tuple[Floats, Floats, Floats, Floats]:
    """Start, high, low and close, (symbols, BARS), in the newest share; NaN before the first bar."""
    matrices = np.full((4, len(bars.symbols), BARS), np.nan)
    for row, (symbol, own) in enumerate(bars.each()):
        rates = shares.factors(own[0], splits.get(symbol, ()), "daily")
        matrices[0, row, BARS - own.shape[1] :] = own[0]
        for place, field in enumerate((HIGH, LOW, CLOSE), 1):
            matrices[place, row, BARS - own.shape[1] :] = own[field] * rates
    starts, high, low, close = matrices
    return starts, high, low, close


def _before(values: Floats) -> Floats:
    """The bars before each of the last SESSIONS, (symbols, SESSIONS, 252)."""
    return sliding_window_view(values[:, :-1], BARS - SESSIONS, axis=1)
