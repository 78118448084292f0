"""Settings and calls for TimescaleDB; without the extension none is used."""

import logging

import asyncpg

logger = logging.getLogger(__name__)

LIMIT = "timescaledb.max_tuples_decompressed_per_dml_transaction"

_COUNTS = """
select format('%I.%I', view_schema, view_name) from timescaledb_information.continuous_aggregates
 where view_name = 'minute_counts' and hypertable_name = 'ohlcv_1min' and view_schema = hypertable_schema
   and pg_has_role(view_owner, 'member')
"""


async def open_old_bars(connection: asyncpg.Connection) -> None:
    """For this transaction: bars of many symbols in order of time may touch any number of compressed ones."""
    await connection.execute("select set_config($1, '0', true) where current_setting($1, true) is not null", LIMIT)


async def minute_counts(connection: asyncpg.Connection) -> str | None:
    """The up-to-date continuous aggregate; None if minutes must be counted. Not inside a transaction."""
    if await connection.fetchval("select to_regclass('timescaledb_information.continuous_aggregates')") is None:
        return None
    name: str | None = await connection.fetchval(_COUNTS)
    if name is None:
        return None
    try:
        # Includes late rows now, not at the next scheduled refresh.
        await connection.execute(f"call refresh_continuous_aggregate('{name}', null, null)")
    except asyncpg.PostgresError as refused:
        logger.warning("%s is not up to date, minutes are read instead: %s", name, refused)
        return None
    return name
