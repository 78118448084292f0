"""Stored values of the symbols of a list, for the sets of columns that scans have too."""

from collections.abc import Iterable, Mapping, Sequence

from app.db.pools import Pools
from app.desk.newest_patterns import NOTHING, newest_patterns
from app.rules.sql import ScanQuery, ScanScope
from app.rules.tree import Rule
from app.scans import queries
from app.scans.cells import Values
from app.scans.columns import SETS, SORTABLE, CellValue, ScreenColumn, Source, operands, sources
from app.scans.latest.source import scan_source
from app.watchlists.watchlist import MAX_ENTRIES
from app.wire.cache.cache import Cache

EVERY_SYMBOL = Rule(())
SETS_OF_LISTS: Mapping[str, Sequence[ScreenColumn]] = {
    name: columns.columns for name, columns in SETS.items() if name != "std"
}
"""By the name in `cols=`; the standard columns are those of quotes."""


def columns(columns: str, sort: str) -> tuple[ScreenColumn, ...]:
    """Those whose values a page needs: of its set, and the one that it is sorted by."""
    sorted_by = SORTABLE.get(sort.removeprefix("-"))
    return (*SETS_OF_LISTS.get(columns, ()), *((sorted_by,) if sorted_by else ()))


async def stored_values(
    symbols: Iterable[str], columns: tuple[ScreenColumn, ...], pools: Pools, cache: Cache
) -> Mapping[str, Values]:
    """By symbol; empty where the market has no table of newest values. Raises Unavailable."""
    if not columns:
        return {}
    needed = sources(columns)
    parts = operands(needed)
    query = ScanQuery(EVERY_SYMBOL, columns=parts, scope=ScanScope((), tuple(symbols)), limit=MAX_ENTRIES)
    source = await scan_source(pools)
    if source is None:
        return {}
    async with source.pool.acquire() as connection:
        page = await queries.scan(connection, source.tables, query)
    values: dict[str, dict[Source, CellValue]] = {
        row.symbol: dict(zip(parts, row.values, strict=True)) for row in page.rows
    }
    if len(parts) == len(needed):
        return values
    detections = await newest_patterns({row.symbol: row.at for row in page.rows}, pools, cache)
    for symbol, own in values.items():
        own.update(detections.get(symbol, NOTHING))
    return values
