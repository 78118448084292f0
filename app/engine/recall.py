"""What an engine that starts again must know of what it found before: patterns that hold, outcomes that are open."""

from app.db.pools import Pool
from app.engine import queries
from app.engine.close import Close
from app.engine.combos import Daily
from app.engine.keeping import queries as keeping
from app.engine.outcomes import MOST_OPEN, Outcome
from app.engine.outcomes import queries as outcome_queries
from app.engine.series import Series
from app.finance import spans
from app.finance.bars import DAY

HOLDING_DAYS = 10.0


async def findings(pool: Pool, series: Series, close: Close, min_confidence: float) -> None:
    close.split(series.splits)
    async with pool.acquire() as connection:
        close.thresholds = await keeping.thresholds(connection, min_confidence)
        close.sectors = await keeping.sectors(connection)
        newest = series.ring("daily").newest()
        close.combos.remember(
            Daily(*row) for row in await queries.daily_patterns(connection, newest - HOLDING_DAYS * DAY)
        )
        if "pattern_outcomes" in await keeping.tables(connection):
            for outcome in await outcome_queries.still_open(connection, MOST_OPEN):
                _follow(series, close, outcome)


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
