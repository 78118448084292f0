"""What an engine that starts again must know of what it found before: patterns that hold, outcomes that are open."""

from app.db.pools import Pool
from app.engine.analysis.breadth import Groups
from app.engine.analysis.confluence import Daily
from app.engine.analysis.expiry import MARK, MOST_HELD
from app.engine.analysis.outcomes import MOST_OPEN, Outcome
from app.engine.bars.bar_close import Close
from app.engine.bars.bar_series import Series
from app.engine.storage import bars
from app.engine.storage import breadth as breadth_queries
from app.engine.storage import expiry as expiry_queries
from app.engine.storage import outcomes as outcome_queries
from app.engine.storage import tables as keeping
from app.finance import spans
from app.finance.bars import DAY

HOLDING_DAYS = 10.0


async def findings(pool: Pool, series: Series, close: Close, min_confidence: float) -> None:
    close.split(series.splits)
    async with pool.acquire() as connection:
        close.thresholds = await keeping.thresholds(connection, min_confidence)
        close.groups = Groups(await keeping.sectors(connection), await breadth_queries.universes(connection))
        newest = series.ring("daily").newest()
        close.combos.remember(Daily(*row) for row in await bars.daily_patterns(connection, newest - HOLDING_DAYS * DAY))
        tables = await keeping.tables(connection)
        told = await expiry_queries.mark(connection, MARK) if expiry_queries.TABLE in tables else None
        since = _newest(series) if told is None else told
        close.expiries.follow(await expiry_queries.holding(connection, since, MOST_HELD, tables))
        if told is None and expiry_queries.TABLE in tables:
            await expiry_queries.put_mark(connection, MARK, since)
        if "pattern_outcomes" in tables:
            for outcome in await outcome_queries.still_open(connection, MOST_OPEN):
                _follow(series, close, outcome)


def _newest(series: Series) -> float:
    """The market's time as far as it is stored."""
    daily, minutes = series.ring("daily").newest(), series.ring("1min").newest()
    return max(spans.end("daily", daily) if daily else 0.0, minutes)


def _follow(series: Series, close: Close, outcome: Outcome) -> None:
    """From where the bars in memory end: those after the pattern's own were counted before."""
    if outcome.timeframe not in spans.TIMEFRAMES:
        return
    timeframe = next(name for name in spans.TIMEFRAMES if name == outcome.timeframe)
    after = [
        bar.start for bar in series.last(outcome.symbol, timeframe) if spans.end(timeframe, bar.start) > outcome.at
    ]
    if after:
        close.outcomes.follow(outcome, after[-1], len(after))
    else:
        close.outcomes.follow(outcome, outcome.at - spans.SECONDS.get(timeframe, DAY))
