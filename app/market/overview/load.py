"""Reads what is stored of all symbols."""

from collections.abc import Awaitable, Callable

from app.db.pools import Pool
from app.market.overview import queries
from app.market.overview.stored import NOTHING_STORED, StoredFigures
from app.rules.scan_tables import ScanTables

Source = Callable[[], Awaitable[tuple[Pool, ScanTables] | None]]
"""Where the newest values are stored; None where they are not, or not yet."""


async def load(source: Source) -> StoredFigures:
    """Raises Unavailable."""
    place = await source()
    if place is None:
        return NOTHING_STORED
    pool, tables = place
    async with pool.acquire() as connection:
        days = await queries.newest_days(connection, tables)
        sectors = await queries.sectors(connection, tables)
        return StoredFigures(days, sectors, await queries.universes(connection, tables))
