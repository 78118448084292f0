"""Loads the past of the invented market: instruments, splits, dividends, years of days and some days of minutes."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from app.db import corporate_actions
from app.db.pools import Pool
from app.engine.loads.queries import Connection, copy_bars, put_bars, renew_statistics
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES, LoadTimeframe
from app.engine.startup.history import HISTORY_TABLES, HistoryContext, evaluate, growth, store_batch
from app.engine.storage import bars as bar_queries
from app.engine.storage import definitions as definition_queries
from app.engine.storage import rewind
from app.engine.storage.batch import StorageBatch
from app.engine.storage.longer_bars import roll
from app.engine.storage.reference import (
    Business,
    DividendRecord,
    SplitRecord,
    put_businesses,
    put_dividends,
    put_splits,
)
from app.engine.universes import queries as universe_queries
from app.engine.universes.universe import BOTH, Universe
from app.finance import calendar
from app.finance.bars import Bar, Timeframe
from app.finance.instrument import Instrument
from app.finance.invented import bars as invented_bars
from app.finance.invented import companies, schedule
from app.finance.invented.companies import COMPANY
from app.finance.invented.prices import InventedPrices, cents
from app.finance.periods import first_day
from app.finance.sessions import trading_date

logger = logging.getLogger(__name__)

SOURCE = "invented"
"""The source of its splits and dividends in their tables."""
ROLLED: Mapping[str, Timeframe] = {"week": "weekly", "month": "monthly"}
TICK_SIZE = 0.01
PATTERN_DAYS = 130
"""Days that are analysed for patterns: half a year, as a chart shows it."""
INDICATOR_DAYS = 5
"""Days whose indicators are stored."""
COPIED_AT_ONCE = 50_000
"""Bars."""
STORED_AT_ONCE = 20
"""Symbols whose patterns and indicators are stored in one transaction."""


class InventedHistory(NamedTuple):
    path: Path
    seed: int
    spacing: float
    """As the feed plays the market: market seconds from one trade of a symbol to its next."""


class LoadResult(NamedTuple):
    new_days: int
    """Daily bars that were not stored."""
    began_again: bool
    """Whether later days were stored, and are deleted."""


class MissingSessions(NamedTuple):
    """Days from `first`, minutes from `minutes_first`, all before `session`."""

    first: date
    minutes_first: date
    session: date
    minutes: int
    """Minutes of `session` itself that count as past."""


async def load(pool: Pool, invented: InventedHistory, played: str | None, min_confidence: float) -> LoadResult:
    """Stores what is missing before the session that is played now (ISO date), or is played first; and deletes what is
    stored of later days."""
    session = date.fromisoformat(played) if played else schedule.first_session(trading_date(time.time()))
    prices, began_again = await asyncio.to_thread(_prices, invented), False
    async with pool.acquire() as connection:
        newest = await rewind.newest_session(connection, max(prices.symbols))
        if newest is not None and newest > session:
            await rewind.forget_from(connection, prices.symbols, session)
            newest, began_again = calendar.previous_session(session), True
    first = schedule.history_begins(session) if newest is None else calendar.next_session(newest)
    await _store_instruments(pool, prices, schedule.history_begins(session), session)
    if first >= session:
        return LoadResult(0, began_again)
    minutes = 0 if played else schedule.BEGINS_AT_MINUTE
    missing = MissingSessions(first, max(first, schedule.minutes_begin(session)), session, minutes)
    return LoadResult(await _load(pool, prices, missing, invented.spacing, min_confidence), began_again)


async def _load(
    pool: Pool, prices: InventedPrices, missing: MissingSessions, spacing: float, min_confidence: float
) -> int:
    """Bars are stored while the next ones are computed; the days of the last symbol come last, since they say that all
    are stored."""
    minutes = await asyncio.to_thread(_minutes, prices, spacing, missing)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_copy(pool, "1min", minutes))
        days = await asyncio.to_thread(_days, prices, missing, minutes)
        by_symbol = [list(own) for _, own in groupby(days, key=lambda bar: bar.symbol)]
        tasks.create_task(_copy(pool, "daily", [bar for own in by_symbol[:-1] for bar in own]))
        await _store_analysis(pool, by_symbol, min_confidence)
    await _complete(pool, by_symbol[-1])
    logger.info("invented history loaded: %d days and %d minutes until %s", len(days), len(minutes), missing.session)
    return len(days)


async def _complete(pool: Pool, last: Sequence[Bar]) -> None:
    """Stores the days of the last symbol, with the weeks and months of all."""
    async with pool.acquire() as connection:
        async with connection.transaction():
            await _put(connection, LOAD_TIMEFRAMES["daily"], last)
            for unit, timeframe in ROLLED.items():
                await roll(connection, unit, first_day(timeframe, last[0].day), last[-1].day)
        await renew_statistics(connection, (*HISTORY_TABLES, "ohlcv_1min"))


def _prices(invented: InventedHistory) -> InventedPrices:
    return InventedPrices(companies.read(invented.path), invented.seed)


def _minutes(prices: InventedPrices, spacing: float, missing: MissingSessions) -> list[Bar]:
    past = calendar.sessions(missing.minutes_first, calendar.previous_session(missing.session))
    bars = [bar for day in past for bar in invented_bars.minutes(prices, day, spacing)]
    return bars + invented_bars.minutes(prices, missing.session, spacing, missing.minutes)


def _days(prices: InventedPrices, missing: MissingSessions, minutes: Sequence[Bar]) -> list[Bar]:
    """By symbol, oldest first. Where there are minutes, they add up to the day."""
    days = invented_bars.daily(prices, missing.first, calendar.previous_session(missing.minutes_first))
    opens = schedule.hours(missing.session).opens
    days += invented_bars.from_minutes([bar for bar in minutes if bar.start < opens])
    return sorted(days, key=lambda bar: (bar.symbol, bar.start))


async def _store_instruments(pool: Pool, prices: InventedPrices, first: date, session: date) -> None:
    splits, payouts = await asyncio.to_thread(_actions, prices, first, session)
    businesses = _businesses(prices, session)
    async with pool.acquire() as connection, connection.transaction():
        instruments = [Instrument(each.symbol, each.name, each.exchange) for each in prices.instruments]
        await definition_queries.put(connection)
        await bar_queries.put_instruments(connection, instruments)
        await put_businesses(connection, businesses)
        await put_splits(connection, splits, SOURCE)
        await put_dividends(connection, payouts, SOURCE)
        await universe_queries.put(connection, Universe(BOTH, SOURCE, "market", prices.symbols), first)


def _actions(prices: InventedPrices, first: date, session: date) -> tuple[list[SplitRecord], list[DividendRecord]]:
    """Also those that are announced."""
    actions = list(invented_bars.actions(prices, first, schedule.sessions_after(session, schedule.SPLITS_AHEAD)))
    until = schedule.sessions_after(session, schedule.DIVIDENDS_AHEAD)
    splits = [
        SplitRecord(symbol, each.day, _decimal(ratio)) for each in actions for symbol, ratio in each.splits.items()
    ]
    payouts = [
        DividendRecord(symbol, each.day, "CD", _decimal(amount), "USD", None)
        for each in actions
        if each.day <= until
        for symbol, amount in each.payouts.items()
    ]
    return splits, payouts


def _businesses(prices: InventedPrices, day: date) -> list[Business]:
    outstanding = prices.shares_outstanding(day)
    closes = dict(zip(prices.symbols, cents(prices.prices(day).previous).tolist(), strict=True))
    return [
        Business(
            each.symbol,
            each.kind,
            each.sector or None,
            each.industry or None,
            outstanding.get(each.symbol, each.shares or None),
            round(outstanding[each.symbol] * closes[each.symbol]) if each.kind == COMPANY else None,
        )
        for each in prices.instruments
    ]


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


async def _copy(pool: Pool, timeframe: Timeframe, bars: Sequence[Bar]) -> None:
    """In portions, each in a transaction of its own."""
    for first in range(0, len(bars), COPIED_AT_ONCE):
        async with pool.acquire() as connection, connection.transaction():
            await _put(connection, LOAD_TIMEFRAMES[timeframe], bars[first : first + COPIED_AT_ONCE])


async def _put(connection: Connection, frame: LoadTimeframe, bars: Sequence[Bar]) -> None:
    lines = await asyncio.to_thread(_lines, bars, frame)
    if not await copy_bars(connection, frame, lines):
        await put_bars(connection, frame, lines)


def _lines(bars: Sequence[Bar], frame: LoadTimeframe) -> list[str]:
    """CSV for COPY."""
    keys = {bar.start: _key(bar, frame) for bar in bars}
    return [
        f"{bar.symbol},{keys[bar.start]},{bar.open!r},{bar.high!r},{bar.low!r},{bar.close!r},{bar.volume}"
        for bar in bars
    ]


def _key(bar: Bar, frame: LoadTimeframe) -> str:
    return (bar.day if frame.dated else datetime.fromtimestamp(bar.start, UTC)).isoformat()


async def _store_analysis(pool: Pool, by_symbol: Sequence[Sequence[Bar]], min_confidence: float) -> None:
    async with pool.acquire() as connection:
        thresholds = await definition_queries.thresholds(connection, min_confidence)
        splits = await corporate_actions.every_split(connection)
    grown = await asyncio.to_thread(growth, by_symbol, splits)
    batch = StorageBatch()
    for number, bars in enumerate(by_symbol):
        context = HistoryContext(
            thresholds, grown, splits.get(bars[0].symbol, ()), TICK_SIZE, PATTERN_DAYS, INDICATOR_DAYS
        )
        analysis, outcomes = await evaluate(bars, context)
        batch.add_patterns(analysis.patterns)
        batch.add_indicators(analysis.indicators)
        batch.add_outcomes(outcomes)
        if number % STORED_AT_ONCE == STORED_AT_ONCE - 1 or bars is by_symbol[-1]:
            await store_batch(pool, batch)
            batch = StorageBatch()
