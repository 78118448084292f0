"""Where scans read newest bars: the market's own table, or ours beside it."""

from typing import NamedTuple

from app.db.pools import Pool, Pools
from app.rules.scan_tables import ScanTables
from app.scans import queries as scan_queries
from app.scans.latest import queries


class ScanSource(NamedTuple):
    pool: Pool
    tables: ScanTables


async def scan_source(pools: Pools) -> ScanSource | None:
    """None while there are no such tables that are complete. Raises Unavailable."""
    if tables := scan_queries.scan_tables(await pools.shape()):
        return ScanSource(pools.market, tables)
    async with pools.own.acquire() as connection:
        return ScanSource(pools.own, queries.OWN_TABLES) if await queries.is_complete(connection) else None
