"""The tables that exist in the market database, and the statements that write a batch into them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from asyncpg import Connection

from app.db import timescale
from app.engine.analysis.breadth import MarketConditions
from app.engine.analysis.expiry import MARK
from app.engine.analysis.thresholds import Thresholds
from app.engine.storage import bars
from app.engine.storage import breadth as breadth_queries
from app.engine.storage import definitions as definition_queries
from app.engine.storage import expiry as expiry_queries
from app.engine.storage import gaps as gap_queries
from app.engine.storage import latest as latest_queries
from app.engine.storage import outcomes as outcome_queries
from app.engine.storage import patterns as pattern_queries
from app.engine.storage.bars import Statement
from app.engine.storage.batch import StorageBatch
from app.engine.storage.gaps import FeedGap
from app.engine.storage.schema import COLUMNS

BAR = {"symbol", "open", "high", "low", "close", "volume"}
OPTIONAL: Mapping[str, set[str]] = {
    "ohlcv_hourly": {*BAR, "timestamp"},
    "ohlcv_weekly": {*BAR, "week_start"},
    "ohlcv_monthly": {*BAR, "month_start"},
    "daily_intraday_patterns": COLUMNS["intraday_patterns"],
    "pattern_outcomes": outcome_queries.COLUMNS,
    "market_conditions": breadth_queries.MARKET_COLUMNS,
    "sector_conditions": breadth_queries.SECTOR_COLUMNS,
    "feed_gaps": gap_queries.COLUMNS,
    expiry_queries.TABLE: expiry_queries.COLUMNS,
    "pattern_definitions": {"name", "enabled", "confidence_threshold"},
    latest_queries.TABLE: latest_queries.COLUMNS,
}
"""Foreign schemas may lack these tables; they are left out then."""

FORGOTTEN_AT_ONCE = 10_000
"""Rows that one statement deletes, within its time limit."""

_TICK_SIZES = """
select count(*) = 1
  from pg_attribute
 where attrelid = to_regclass('public.symbols') and attname = 'tick_size' and not attisdropped
   and atttypid in ('numeric'::regtype, 'real'::regtype, 'double precision'::regtype)
   and has_column_privilege(attrelid, attnum, 'select')
"""


async def tables(connection: Connection) -> frozenset[str]:
    needed_columns = {**COLUMNS, **OPTIONAL}
    there = await bars.columns(connection, list(needed_columns))
    return frozenset(table for table, needed in needed_columns.items() if needed <= there.get(table, set()))


async def thresholds(connection: Connection, usual: float) -> Thresholds:
    """As the definitions say now."""
    if "pattern_definitions" in await tables(connection):
        return await definition_queries.thresholds(connection, usual)
    return Thresholds(usual)


async def sectors(connection: Connection) -> dict[str, str]:
    columns = await bars.columns(connection, ["symbols"])
    return await breadth_queries.sectors(connection) if "sector" in columns.get("symbols", ()) else {}


async def tick_sizes(connection: Connection) -> dict[str, float]:
    """By symbol, in units of its price. A foreign column of that name counts where it holds numbers."""
    if not await connection.fetchval(_TICK_SIZES):
        return {}
    rows = await connection.fetch(
        "select symbol::text, tick_size::float8 from public.symbols where tick_size > 0 and tick_size < 1e15"
    )
    return dict(map(tuple, rows))


class WritePlan(NamedTuple):
    """The statements of one transaction: prepared ones, and rows that it prepares itself."""

    symbols: Sequence[str]
    """Those that the table of symbols may lack."""
    statements: Sequence[Statement]
    conditions: Sequence[MarketConditions] = ()
    gaps: Sequence[FeedGap] = ()

    async def run(self, connection: Connection) -> None:
        """Within a transaction."""
        await timescale.open_old_bars(connection)
        await bars.put_symbols(connection, self.symbols)
        for statement in self.statements:
            await statement.run(connection)
        await breadth_queries.put_conditions(connection, self.conditions)
        if self.gaps:
            await gap_queries.put(connection, self.gaps)


def plan_writes(batch: StorageBatch, symbols: Iterable[str], there: Collection[str]) -> WritePlan:
    """Prepares the rows before the transaction, since the server ends an idle one."""
    statements = bars.bars_insert(batch.bars.values(), there)
    if latest_queries.TABLE in there:
        statements += latest_queries.latest_insert(batch.latest.values())
    statements += pattern_queries.patterns_insert(batch.patterns.values(), there)
    statements += pattern_queries.indicators_insert(batch.indicators.values())
    if "pattern_outcomes" in there:
        statements += outcome_queries.outcomes_insert(batch.outcomes.values())
    keeps_conditions = {"market_conditions", "sector_conditions"} <= set(there)
    return WritePlan(
        sorted(symbols),
        statements,
        tuple(batch.conditions.values()) if keeps_conditions else (),
        tuple(batch.gaps.values()) if "feed_gaps" in there else (),
    )


async def mark_expired(connection: Connection, until: float, there: Collection[str]) -> None:
    """Stores that patterns which expired until then, market time, were published."""
    if expiry_queries.TABLE in there:
        await expiry_queries.put_mark(connection, MARK, until)


async def forget(connection: Connection, before: float, there: Collection[str]) -> bool:
    """Deletes some rows that expired before that market time; whether more are left."""
    if await pattern_queries.forget_indicators(connection, before, FORGOTTEN_AT_ONCE) == FORGOTTEN_AT_ONCE:
        return True
    if {"market_conditions", "sector_conditions"} <= set(there):
        await breadth_queries.forget(connection, before)
    return False
