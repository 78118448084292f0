"""Which of its tables the engine finds, and what of a batch goes into them."""

from collections.abc import Collection, Mapping

from asyncpg import Connection

from app.db import timescale
from app.engine import queries
from app.engine.batch import Batch
from app.engine.breadth import queries as breadth_queries
from app.engine.definitions import queries as definition_queries
from app.engine.expiry import MARK
from app.engine.expiry import queries as expiry_queries
from app.engine.gaps import queries as gap_queries
from app.engine.outcomes import queries as outcome_queries
from app.engine.schema import COLUMNS
from app.engine.thresholds import Thresholds

BAR = {"symbol", "open", "high", "low", "close", "volume"}
OPTIONAL: Mapping[str, set[str]] = {
    "ohlcv_hourly": {*BAR, "timestamp"},
    "ohlcv_weekly": {*BAR, "week_start"},
    "ohlcv_monthly": {*BAR, "month_start"},
    "daily_intraday_patterns": COLUMNS["intraday_patterns"],
    "pattern_outcomes": outcome_queries.NEEDED,
    "market_conditions": breadth_queries.WHOLE,
    "sector_conditions": breadth_queries.SECTORS,
    "feed_gaps": gap_queries.NEEDED,
    expiry_queries.TABLE: expiry_queries.NEEDED,
    "pattern_definitions": {"name", "enabled", "confidence_threshold"},
}
"""A market that is not ours may lack these, and then they are left out."""

_TICK_SIZES = """
select count(*) = 1
  from pg_attribute
 where attrelid = to_regclass('public.symbols') and attname = 'tick_size' and not attisdropped
   and atttypid in ('numeric'::regtype, 'real'::regtype, 'double precision'::regtype)
   and has_column_privilege(attrelid, attnum, 'select')
"""


async def tables(connection: Connection) -> frozenset[str]:
    wanted = {**COLUMNS, **OPTIONAL}
    there = await queries.columns(connection, list(wanted))
    return frozenset(table for table, needed in wanted.items() if needed <= there.get(table, set()))


async def thresholds(connection: Connection, usual: float) -> Thresholds:
    """As the definitions say now."""
    if "pattern_definitions" in await tables(connection):
        return await definition_queries.thresholds(connection, usual)
    return Thresholds(usual)


async def sectors(connection: Connection) -> dict[str, str]:
    columns = await queries.columns(connection, ["symbols"])
    return await breadth_queries.sectors(connection) if "sector" in columns.get("symbols", ()) else {}


async def tick_sizes(connection: Connection) -> dict[str, float]:
    """By symbol, in the unit of its price, where the table of symbols says it; a foreign column of that name may hold
    anything, and counts when it holds numbers."""
    if not await connection.fetchval(_TICK_SIZES):
        return {}
    rows = await connection.fetch(
        "select symbol::text, tick_size::float8 from public.symbols where tick_size > 0 and tick_size < 1e15"
    )
    return dict(map(tuple, rows))


async def keep(connection: Connection, batch: Batch, new: Collection[str], there: Collection[str]) -> None:
    await timescale.open_old_bars(connection)
    await queries.put_symbols(connection, new)
    await queries.put_bars(connection, batch.bars.values(), there)
    await queries.put_patterns(connection, batch.patterns.values(), there)
    await queries.put_indicators(connection, batch.indicators.values())
    if "pattern_outcomes" in there:
        await outcome_queries.put(connection, batch.outcomes.values())
    if {"market_conditions", "sector_conditions"} <= set(there):
        await breadth_queries.put(connection, batch.conditions.values())
    if "feed_gaps" in there:
        await gap_queries.put(connection, batch.gaps.values())
    if batch.expired_until is not None and expiry_queries.TABLE in there:
        await expiry_queries.put_mark(connection, MARK, batch.expired_until)


async def forget(connection: Connection, before: float, there: Collection[str]) -> None:
    await queries.forget_indicators(connection, before)
    if {"market_conditions", "sector_conditions"} <= set(there):
        await breadth_queries.forget(connection, before)
