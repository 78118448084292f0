"""Loads the shipped daily history at the first start, and the newest stored bars into memory at every start."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.db import corporate_actions
from app.db.pools import Pool
from app.engine.analysis import outcomes
from app.engine.analysis.analyse import NOTHING, Analysis, analyse
from app.engine.analysis.outcomes import PatternOutcome
from app.engine.analysis.thresholds import Thresholds
from app.engine.loads.queries import renew_statistics
from app.engine.loads.sources.shipped import SOURCE
from app.engine.loads.sources.shipped import splits as shipped_splits
from app.engine.storage import bars as bar_queries
from app.engine.storage import definitions as definition_queries
from app.engine.storage import newest_bars as newest
from app.engine.storage import tables as market_tables
from app.engine.storage.batch import StorageBatch
from app.engine.storage.reference import add_splits
from app.engine.universes import queries as universe_queries
from app.engine.universes.universe import STOCKS, Universe
from app.finance import history, longer_series, panel, periods, shares, studies
from app.finance.adjust import Split, adjust
from app.finance.bar_series import BARS_PER_SYMBOL
from app.finance.bars import Bar
from app.finance.columns import Columns
from app.finance.panel import Floats, usual_bars
from app.finance.series_by_timeframe import SeriesByTimeframe
from app.finance.shares import Splits
from app.wire.events.event import PatternDetected

logger = logging.getLogger(__name__)

PATTERN_DAYS = 250
"""Daily bars of a symbol that are analysed for patterns: a year."""
INDICATOR_DAYS = 60
UNIVERSE = "US equities 2000 to 2013, real"
"""The key of the universe of the shipped symbols."""
HISTORY_TABLES = (
    "symbols", "ohlcv_daily", "ohlcv_weekly", "ohlcv_monthly", "daily_patterns", "daily_indicators", "pattern_outcomes",
)  # fmt: skip
"""Tables that the shipped history fills."""
SYMBOLS_AT_ONCE = 250
"""Symbols whose bars one statement reads."""
LEAD_DAYS = BARS_PER_SYMBOL + studies.STRENGTH_BARS
"""Daily bars before the first one that is analysed."""

Growth = Mapping[float, float]
"""Growth of the benchmark by the start of the daily bar; see studies.read."""


class HistoryContext(NamedTuple):
    """What the analysis of a symbol's daily bars needs besides them."""

    thresholds: Thresholds
    grown: Growth
    splits: Sequence[Split] = ()
    tick_size: float | None = None
    pattern_days: int = PATTERN_DAYS
    indicator_days: int = INDICATOR_DAYS


class Evaluation(NamedTuple):
    analysis: Analysis
    outcomes: Sequence[PatternOutcome]


class ShippedHistory(NamedTuple):
    """Shipped daily bars, and the last day that counts as past."""

    path: Path
    until: date

    def before(self, session: str | None) -> "ShippedHistory":
        """With all days before `session` (ISO date), which the replay plays now, as past."""
        if session is None:
            return self
        return self._replace(until=max(self.until, date.fromisoformat(session) - timedelta(days=1)))


async def load(pool: Pool, shipped: ShippedHistory, min_confidence: float) -> int:
    """Stores the shipped history with its patterns, indicators and outcomes; the number of bars, 0 where all were
    stored."""
    bars = [bar for bar in await asyncio.to_thread(history.read, shipped.path) if bar.day <= shipped.until]
    symbols = sorted({bar.symbol for bar in bars})
    async with pool.acquire() as connection:
        await definition_queries.put(connection)
        if bars:
            await _put_universe(connection, symbols, min(bar.day for bar in bars))
        # Splits first: a database that has the bars may lack them.
        await add_splits(connection, shipped_splits(shipped.path), SOURCE)
        if await bar_queries.days_until(connection, symbols, shipped.until) >= len(bars):
            return 0
        await bar_queries.put_instruments(connection, history.read_instruments(shipped.path.with_name("symbols.csv")))
        thresholds = await definition_queries.thresholds(connection, min_confidence)
        splits, tick_sizes = await corporate_actions.every_split(connection), await market_tables.tick_sizes(connection)
    by_symbol = [list(group) for _, group in groupby(bars, key=lambda bar: bar.symbol)]
    grown = await asyncio.to_thread(growth, by_symbol, splits)
    with _progress() as progress:
        task = progress.add_task("history", total=len(bars))
        for own in by_symbol:
            symbol = own[0].symbol
            progress.update(task, description=symbol)
            await _store(pool, own, HistoryContext(thresholds, grown, splits.get(symbol, ()), tick_sizes.get(symbol)))
            progress.advance(task, len(own))
    async with pool.acquire() as connection:
        await renew_statistics(connection, HISTORY_TABLES)
    logger.info("history loaded: %d daily bars of %d symbols until %s", len(bars), len(symbols), shipped.until)
    return len(bars)


async def _put_universe(connection: corporate_actions.Link, symbols: Sequence[str], since: date) -> None:
    async with connection.transaction():
        await universe_queries.put(connection, Universe(STOCKS, SOURCE, UNIVERSE, tuple(symbols)), since)


async def restore_bars(pool: Pool, series: SeriesByTimeframe, quoted_symbols: Iterable[str] = ()) -> list[Bar]:
    """Reads the newest bars of every symbol that has a daily bar or is in `quoted_symbols` into `series`; returns the
    last minute of each. A symbol that is new today has minutes alone."""
    async with pool.acquire() as connection:
        series.set_splits(await corporate_actions.every_split(connection))
        series.set_tick_sizes(await market_tables.tick_sizes(connection))
        symbols = sorted({*await bar_queries.symbols_with_days(connection), *quoted_symbols})
        series.reserve(len(symbols))
        for first in range(0, len(symbols), SYMBOLS_AT_ONCE):
            fill_series(series, *await stored_bars(connection, symbols[first : first + SYMBOLS_AT_ONCE]))
            await asyncio.sleep(0)
    minutes_series = series.timeframe("1min")
    return [bar for symbol in symbols for bar in minutes_series.last(symbol, 1)]


async def stored_bars(connection: corporate_actions.Link, symbols: Sequence[str]) -> tuple[Columns, Columns]:
    """The newest days and minutes of these symbols."""
    days = await newest.columns(connection, symbols, "daily", usual_bars("daily"))
    return days, await newest.columns(connection, symbols, "1min", usual_bars("1min"))


def fill_series(series: SeriesByTimeframe, days: Columns, minutes: Columns) -> None:
    """Replaces the bars of their symbols, also the longer ones."""
    for bars in (days, minutes):
        longer_series.fill(series, bars)


def growth(symbols: Sequence[Sequence[Bar]], splits: Splits = shares.NONE) -> Growth:
    """Growth by the start of the daily bar: of the benchmark, or the mean of all symbols. Each sequence is of one
    symbol, oldest first."""
    growth_by_start: dict[float, list[float]] = {}
    benchmark: dict[float, float] = {}
    for bars_as_traded in symbols:
        bars = adjust(bars_as_traded, splits.get(bars_as_traded[0].symbol, ())).bars if bars_as_traded else ()
        for before, bar in zip(bars, bars[studies.STRENGTH_BARS :], strict=False):
            grown = bar.close / before.close - 1
            growth_by_start.setdefault(bar.start, []).append(grown)
            if bar.symbol == studies.BENCHMARK:
                benchmark[bar.start] = grown
    return {start: float(np.mean(grown)) for start, grown in growth_by_start.items() if len(grown) > 1} | benchmark


def analyse_history(bars: Sequence[Bar], context: HistoryContext, days: int | None = None) -> Analysis:
    """Patterns of a year and indicators of the last weeks, or both of `days`, from daily bars of one symbol."""
    if not bars:
        return NOTHING
    factors = _factors(bars, context.splits)
    rows = panel.walk(bars, days or context.pattern_days, factors=factors, tick_size=context.tick_size)
    benchmark: Floats = np.array([context.grown.get(start, np.nan) for start in rows.start.tolist()])
    first = bars[-min(len(bars), days or context.indicator_days)].start
    return analyse(rows, context.thresholds, benchmark, indicators_after=first - 1)


def pattern_outcomes(
    bars: Sequence[Bar], patterns: Sequence[PatternDetected], splits: Sequence[Split] = ()
) -> Iterator[PatternOutcome]:
    """Outcomes of the patterns as far as later bars are known."""
    places = {periods.end(bar.timeframe, bar.start): place for place, bar in enumerate(bars)}
    factors = _factors(bars, splits)
    rates = [1.0] * len(bars) if factors is None else factors.tolist()
    for event in patterns:
        own = places[event.at]
        after = range(own + 1, min(len(bars), own + 1 + outcomes.HORIZONS[-1]))
        yield outcomes.outcome_from_closes(event, [bars[place].close * (rates[place] / rates[own]) for place in after])


async def evaluate(bars: Sequence[Bar], context: HistoryContext, days: int | None = None) -> Evaluation:
    """Analysis and outcomes of one symbol's daily bars, computed in a thread."""
    return await asyncio.to_thread(_evaluate, bars, context, days)


def _evaluate(bars: Sequence[Bar], context: HistoryContext, days: int | None) -> Evaluation:
    analysis = analyse_history(bars, context, days)
    return Evaluation(analysis, tuple(pattern_outcomes(bars, analysis.patterns, context.splits)))


def _factors(bars: Sequence[Bar], splits: Sequence[Split]) -> Floats | None:
    if not bars or not shares.reach(splits, bars[0].start):
        return None
    return shares.factors(np.array([bar.start for bar in bars]), splits, bars[0].timeframe)


async def _store(pool: Pool, bars: Sequence[Bar], context: HistoryContext) -> None:
    analysis, outcomes_of_patterns = await evaluate(bars, context)
    batch = StorageBatch()
    batch.add_bars(bars)
    for timeframe in periods.FROM_DAYS:
        batch.add_bars(periods.merge(bars, timeframe))
    batch.add_patterns(analysis.patterns)
    batch.add_indicators(analysis.indicators)
    batch.add_outcomes(outcomes_of_patterns)
    await store_batch(pool, batch)


async def store_batch(pool: Pool, batch: StorageBatch) -> None:
    """Stores the batch in one transaction; its rows are made in a thread before it begins."""
    async with pool.acquire() as connection:
        there = await market_tables.tables(connection)
    writing = await asyncio.to_thread(market_tables.plan_writes, batch, (), there)
    async with pool.acquire() as connection, connection.transaction():
        await writing.run(connection)


def _progress() -> Progress:
    columns = (TextColumn("loading history"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
