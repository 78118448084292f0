"""The newest stored bars of a market in memory, brought up to what its tables have."""

import asyncio
import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from app.db import corporate_actions, symbol_facts
from app.db.market import MarketShape
from app.db.pools import Pools
from app.db.symbol_facts import NO_FACTS
from app.finance import half_hours, longer_series, periods
from app.finance.bar_series import BarSeries
from app.finance.bars import DAY, Bar, Timeframe
from app.finance.columns import CLOSE, VOLUME, Columns
from app.finance.detections import HOUR
from app.finance.panel import Floats
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.sessions import MINUTE
from app.scans.latest import queries

AT_ONCE = 100
"""Symbols of one statement."""
WHOLE_SECONDS = 3600.0
"""After which all bars are read again, and not only the newest."""
MOST: Mapping[Timeframe, int] = {"daily": 640, "1min": 960, "hourly": 256}
"""Bars that are read of a symbol at first: 128 weeks, 30 months; a day with its early and late hours."""
MOST_INTRADAY = 2000
"""Symbols of which minutes and hours are kept, those first that most money went into on the newest day: with all
timeframes a symbol takes 151 kB, with days, weeks and months 54 kB."""
BEHIND: Mapping[Timeframe, float] = {"daily": 4 * DAY, "1min": 5 * MINUTE, "hourly": 3 * HOUR}
"""How far behind the newest bar corrections are looked for between two whole readings."""
GAP = longer_series.TAIL // 2
"""Newer bars of a symbol than these are too many to be put behind those in memory."""
FIRST = -2_208_988_800.0
"""1900."""


class StoredSeries:
    def __init__(self, pools: Pools) -> None:
        self.series = SeriesByTimeframe()
        self.facts = NO_FACTS
        self.readings = 0
        """How often everything was read."""
        self.shape: MarketShape | None = None
        self.lock = asyncio.Lock()
        """Held while the bars change in a thread."""
        self._pools = pools
        self._names: Sequence[str] = ()
        self._intraday: Sequence[str] = ()
        """Of which minutes and hours are read."""
        self._newest: dict[Timeframe, dict[str, float]] = {}
        """Where the newest bar starts that was read of each symbol."""
        self._read_at = 0.0

    @property
    def symbols(self) -> frozenset[str]:
        """That have bars."""
        return frozenset[str]().union(*(self.series.timeframe(each).rows for each in MOST))

    @property
    def until(self) -> float:
        """Market time: the end of the newest day or minute; 0 without bars."""
        day, minute, hour = (self.series.timeframe(each).newest() for each in MOST)
        ends = periods.end("daily", day) if day else 0.0, minute + MINUTE if minute else 0.0
        return max(*ends, 0.0 if minute or not hour else hour + HOUR)

    def running_days(self) -> list[Bar]:
        """Of symbols that have minutes of a session behind their newest stored day."""
        minutes, days = self.series.timeframe("30min"), self.series.timeframe("daily")
        bars = (half_hours.newest_day(minutes.last(symbol, half_hours.MOST)) for symbol in minutes.rows)
        return [bar for bar in bars if bar and (bar.symbol not in days.rows or bar.start > days.newest_of(bar.symbol))]

    def forget(self) -> None:
        """The next time everything is read again."""
        self._read_at = -math.inf

    async def refresh(self) -> None:
        """Raises Unavailable."""
        self.shape = shape = await self._pools.shape()
        async with self._pools.market.acquire() as connection:
            names = await queries.symbols(connection, shape)
        is_whole = set(names) != set(self._names) or time.monotonic() - self._read_at > WHOLE_SECONDS
        if is_whole:
            await self._begin(shape, names)
        for timeframe in MOST:
            if is_whole and timeframe == "1min":
                self._intraday = await self._most_traded(shape, names)
            if shape.bars(timeframe):
                await self._read(shape, timeframe, names if timeframe == "daily" else self._intraday)
        if is_whole:
            self._names, self._read_at = names, time.monotonic()
            self.readings += 1

    async def _begin(self, shape: MarketShape, names: Sequence[str]) -> None:
        """What has been read is read again; bars of symbols that are gone are dropped."""
        async with self._pools.market.acquire() as connection:
            self.facts = await symbol_facts.facts(connection, shape)
            splits = await corporate_actions.every_split(connection)
        if not set(self._names) <= set(names):
            self.series.clear()
        self.series.set_splits(splits)
        self._newest = {}

    async def _most_traded(self, shape: MarketShape, names: Sequence[str]) -> Sequence[str]:
        """Of symbols with minutes or hours, when days have been read."""
        async with self._pools.market.acquire() as connection:
            names = await queries.with_short_bars(connection, shape, names)
        days = self.series.timeframe("daily")
        money = {symbol: float(np.prod(days.columns(symbol)[[CLOSE, VOLUME], -1])) for symbol in days.rows}
        return sorted(names, key=lambda symbol: -money.get(symbol, 0.0))[:MOST_INTRADAY]

    async def _read(self, shape: MarketShape, timeframe: Timeframe, names: Sequence[str]) -> None:
        newest = self._newest.setdefault(timeframe, {})
        for place in range(0, len(names), AT_ONCE):
            portion = names[place : place + AT_ONCE]
            since = {symbol: newest[symbol] - BEHIND[timeframe] if symbol in newest else FIRST for symbol in portion}
            async with self._pools.market.acquire() as connection:
                bars = await queries.bars_since(connection, shape, timeframe, since, MOST[timeframe])
            first = {symbol for symbol in portion if symbol not in newest}
            async with self.lock:
                await asyncio.to_thread(self._put, bars, first)
            for symbol, own in bars.each():
                newest[symbol] = float(own[0, -1])
                if symbol not in first and own.shape[1] >= GAP:
                    # More than is kept up with: everything is read the next time.
                    del newest[symbol]

    def _put(self, bars: Columns, first: Collection[str]) -> None:
        """`first`: symbols of which everything was read."""
        series = self.series.timeframe(bars.timeframe)
        changed = [(symbol, own) for symbol, own in bars.each() if not _has(series, symbol, own)]
        if bars.timeframe == "hourly":
            # Hours that are made of minutes may go on behind the stored ones.
            series.put(_columns("hourly", changed))
            return
        new = [each for each in changed if each[0] in first]
        newer = [(symbol, own) for symbol, own in changed if symbol not in first and own.shape[1] < GAP]
        longer_series.fill(self.series, _columns(bars.timeframe, new))
        longer_series.put(self.series, _columns(bars.timeframe, newer))


def _has(series: BarSeries, symbol: str, bars: Floats) -> bool:
    """Whether these are its newest bars."""
    if symbol not in series.rows:
        return False
    newest = series.columns(symbol)[: VOLUME + 1, -bars.shape[1] :]
    return newest.shape[1] == bars.shape[1] and bool((newest == bars[: VOLUME + 1]).all())


def _columns(timeframe: Timeframe, bars: Iterable[tuple[str, Floats]]) -> Columns:
    every = list(bars)
    firsts = np.cumsum([0, *(own.shape[1] for _, own in every)])[:-1]
    values = np.concatenate([own for _, own in every], axis=1) if every else np.zeros((VOLUME + 2, 0))
    return Columns(timeframe, [symbol for symbol, _ in every], firsts, values)
