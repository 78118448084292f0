"""The past that charts and indicators start from: the shipped history, and what is stored of it."""

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.db.pools import Pool
from app.engine import queries
from app.engine.analysis import Analysis, analyse
from app.engine.series import KEPT, Series
from app.finance import history
from app.finance.bars import Bar

logger = logging.getLogger(__name__)

PATTERN_DAYS = 250
"""A year of marks on the charts."""
INDICATOR_DAYS = 60
LEAD_DAYS = 120
"""Before the first day that is analysed, so that averages have settled."""


class Shipped(NamedTuple):
    """Daily bars in the repository, and the last day that counts as past."""

    path: Path
    until: date

    def before(self, session: str | None) -> "Shipped":
        """What was replayed while no engine listened is past as well: all before the session (ISO) that is on."""
        if session is None:
            return self
        return self._replace(until=max(self.until, date.fromisoformat(session) - timedelta(days=1)))


async def load(pool: Pool, shipped: Shipped, min_confidence: float) -> int:
    """Bars stored; 0 when all were there already."""
    bars = [bar for bar in history.read(shipped.path) if bar.day <= shipped.until]
    symbols = sorted({bar.symbol for bar in bars})
    async with pool.acquire() as connection:
        if await queries.days_until(connection, symbols, shipped.until) >= len(bars):
            return 0
        await queries.put_instruments(connection, history.read_instruments(shipped.path.with_name("symbols.csv")))
        await queries.put_definitions(connection, min_confidence)
    with _progress() as progress:
        task = progress.add_task("history", total=len(bars))
        for symbol, group in groupby(bars, key=lambda bar: bar.symbol):
            own = list(group)
            progress.update(task, description=symbol)
            await _store(pool, own, min_confidence)
            progress.advance(task, len(own))
    logger.info("history loaded: %d daily bars of %d symbols until %s", len(bars), len(symbols), shipped.until)
    return len(bars)


async def recall(pool: Pool, series: Series) -> list[Bar]:
    """The last bars of every symbol, from the tables into memory; and of each the last minute."""
    minutes: list[Bar] = []
    async with pool.acquire() as connection:
        for symbol in await queries.symbols_with_days(connection):
            series.extend(await queries.last_days(connection, symbol, KEPT))
            series.extend(await queries.last_minutes(connection, symbol, KEPT))
            minutes.extend(series.last(symbol, "1min")[-1:])
    return minutes


def analysed(bars: Sequence[Bar], min_confidence: float, days: int | None = None) -> Analysis:
    """Of daily bars of one symbol: the patterns of a year and the indicators of the last weeks, or both of `days`."""
    recent = bars[-((days or PATTERN_DAYS) + LEAD_DAYS) :]
    analysis = analyse(recent, days or PATTERN_DAYS, min_confidence)
    first = recent[-(days or INDICATOR_DAYS) :][0].start
    return analysis._replace(
        indicators=tuple(indicator for indicator in analysis.indicators if indicator.event.at > first)
    )


async def _store(pool: Pool, bars: Sequence[Bar], min_confidence: float) -> None:
    analysis = analysed(bars, min_confidence)
    async with pool.acquire() as connection:
        await queries.put_bars(connection, bars)
        await queries.put_patterns(connection, analysis.patterns)
        await queries.put_indicators(connection, analysis.indicators)


def _progress() -> Progress:
    columns = (TextColumn("loading history"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
