"""Restores open patterns, outcomes and thresholds from the database when the engine starts."""

from app.db.pools import Pool
from app.engine.analysis.breadth import Groups
from app.engine.analysis.confluence import DailyPattern
from app.engine.analysis.expiry import MARK, MOST_PATTERNS
from app.engine.analysis.outcomes import MOST_OPEN, PatternOutcome
from app.engine.bars.bar_close import BarClose
from app.engine.storage import bars
from app.engine.storage import breadth as breadth_queries
from app.engine.storage import expiry as expiry_queries
from app.engine.storage import latest as latest_queries
from app.engine.storage import outcomes as outcome_queries
from app.engine.storage import tables as market_tables
from app.finance import periods
from app.finance.bars import DAY
from app.finance.series_by_timeframe import SeriesByTimeframe

HOLDING_DAYS = 10.0


async def restore_patterns(pool: Pool, series: SeriesByTimeframe, close: BarClose, min_confidence: float) -> None:
    close.set_splits(series.splits)
    async with pool.acquire() as connection:
        close.thresholds = await market_tables.thresholds(connection, min_confidence)
        close.groups = Groups(await market_tables.sectors(connection), await breadth_queries.universes(connection))
        newest = series.timeframe("daily").newest()
        close.confluence.add_daily(
            DailyPattern(*row) for row in await bars.daily_patterns(connection, newest - HOLDING_DAYS * DAY)
        )
        tables = await market_tables.tables(connection)
        close.latest.has_table = latest_queries.TABLE in tables
        mark = await expiry_queries.mark(connection, MARK) if expiry_queries.TABLE in tables else None
        since = _newest(series) if mark is None else mark
        close.expiries.add(await expiry_queries.holding(connection, since, MOST_PATTERNS, tables))
        if mark is None and expiry_queries.TABLE in tables:
            await expiry_queries.put_mark(connection, MARK, since)
        if "pattern_outcomes" in tables:
            for outcome in await outcome_queries.still_open(connection, MOST_OPEN):
                _follow(series, close, outcome)


def _newest(series: SeriesByTimeframe) -> float:
    """The newest stored market time."""
    daily, minutes = series.timeframe("daily").newest(), series.timeframe("1min").newest()
    return max(periods.end("daily", daily) if daily else 0.0, minutes)


def _follow(series: SeriesByTimeframe, close: BarClose, outcome: PatternOutcome) -> None:
    """Continues at the newest bar in memory: earlier ones are in the outcome."""
    if outcome.timeframe not in periods.TIMEFRAMES:
        return
    timeframe = next(name for name in periods.TIMEFRAMES if name == outcome.timeframe)
    after = [
        bar.start for bar in series.last(outcome.symbol, timeframe) if periods.end(timeframe, bar.start) > outcome.at
    ]
    if after:
        close.outcomes.follow(outcome, after[-1], len(after))
    else:
        close.outcomes.follow(outcome, outcome.at - periods.SECONDS.get(timeframe, DAY))
