"""Runs a scan: symbols of its scope for which the rule holds, one page of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from app.db.pools import Pools
from app.desk.newest_patterns import NOTHING, DetectionValues, newest_patterns
from app.rules.resolve import resolve
from app.rules.sql import ScanOrder, ScanQuery, ScanScope, is_expressible
from app.rules.tree import Rule
from app.scans import address as addresses
from app.scans import queries
from app.scans.address import ScanAddress
from app.scans.columns import CHANGE, LAST, SETS, SORTABLE, DetectionValue, ScreenColumn, Source, operands, sources
from app.scans.latest.source import scan_source
from app.scans.queries import ScanPage, ScanRow
from app.scans.rule_columns import rule_columns
from app.wire.cache.cache import Cache

PAGE_ROWS = 50
"""So that a page with the widest set of columns stays within its 30 kB."""
ALL_ROWS = 20_000
"""Rows of a file."""
FRESH_SECONDS = 2.0
"""For which an answer is given again; stored rows change once a minute."""
EVERYTHING = Rule(())


class ScanPart(NamedTuple):
    """Rows of a scan from `offset` on, with the values of `columns`."""

    columns: tuple[ScreenColumn, ...]
    offset: int = 0
    limit: int = PAGE_ROWS

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the columns are made of, in the order of a row's values."""
        return sources(self.columns)

    @property
    def key(self) -> str:
        return f"{','.join(column.name for column in self.columns)}:{self.offset}:{self.limit}"


def columns_of(address: ScanAddress) -> tuple[ScreenColumn, ...]:
    """Of the page's table."""
    return (LAST, CHANGE, *set_columns(address))


def set_columns(address: ScanAddress) -> tuple[ScreenColumn, ...]:
    """Those of the chosen set; at a moment in the past also those of what the rule names."""
    columns = SETS[address.columns].columns
    return (*columns, *rule_columns(address.rule, address.timeframe, (CHANGE, *columns))) if address.at else columns


def page_of(address: ScanAddress) -> ScanPart:
    return ScanPart(columns_of(address), PAGE_ROWS * (address.page - 1))


def first_rows_of(address: ScanAddress, rows: int) -> ScanPart:
    """All pages as one, of at most so many rows."""
    return ScanPart(columns_of(address), limit=rows)


async def read(
    address: ScanAddress, part: ScanPart, symbols: tuple[str, ...] | None, pools: Pools, cache: Cache
) -> ScanPage:
    """`symbols`: of the watchlists in scope. What is no longer than a page is cached. Raises Inexpressible,
    Unavailable."""
    if symbols is not None or part.limit > PAGE_ROWS:
        return await _read(address, part, symbols, pools, cache)

    async def load() -> bytes:
        return msgspec.json.encode(await _read(address, part, None, pools, cache))

    key = f"scan:{address.identity}:{address.sort.text}:{part.key}"
    return msgspec.json.decode(await cache.get(key, FRESH_SECONDS, load), type=ScanPage)


async def signal_counts(
    rule: Rule, address: ScanAddress, symbols: tuple[str, ...] | None, pools: Pools, cache: Cache
) -> Sequence[int | None]:
    """For how many symbols of the scope each condition of `rule` holds by itself; None where rows do not say. Raises
    Unavailable."""
    own = ScanAddress(rule, address.scope, address.timeframe)

    async def load() -> bytes:
        return msgspec.json.encode(await _signal_counts(own, symbols, pools))

    if symbols is not None:
        return await _signal_counts(own, symbols, pools)
    loaded = await cache.get(f"scan:signals:{own.identity}", FRESH_SECONDS, load)
    return msgspec.json.decode(loaded, type=list[int | None])


async def _signal_counts(address: ScanAddress, symbols: tuple[str, ...] | None, pools: Pools) -> Sequence[int | None]:
    source, conditions = await scan_source(pools), address.rule.conditions
    if source is None:
        return [None] * len(conditions)
    part, tables = ScanPart((), limit=0), source.tables
    queries_alone = [_query(address._replace(rule=Rule((each,))), part, symbols) for each in conditions]
    expressible = [each for each, query in zip(conditions, queries_alone, strict=True) if is_expressible(query, tables)]
    query = _query(address._replace(rule=Rule(tuple(expressible))), part, symbols)._replace(counts_alone=True)
    async with source.pool.acquire() as connection:
        counts = iter((await queries.scan(connection, tables, query)).left)
    return [next(counts) if each in expressible else None for each in conditions]


async def of_symbols(
    address: ScanAddress, part: ScanPart, symbols: tuple[str, ...], pools: Pools, cache: Cache
) -> ScanPage:
    """Of the symbols for which the rule is known to hold. Raises Unavailable."""
    return await _read(address._replace(rule=EVERYTHING, scope=()), part, symbols, pools, cache)


async def _read(
    address: ScanAddress, part: ScanPart, symbols: tuple[str, ...] | None, pools: Pools, cache: Cache
) -> ScanPage:
    source = await scan_source(pools)
    if source is None:
        return ScanPage((), 0, [0] * len(address.rule.conditions))
    by = _detection_order(address)
    own = part._replace(offset=0, limit=ALL_ROWS) if by else part
    async with source.pool.acquire() as connection:
        page = await queries.scan(connection, source.tables, _query(address, own, symbols))
    if not by and not any(isinstance(each, DetectionValue) for each in part.sources):
        return page
    detections = await newest_patterns({row.symbol: row.at for row in page.rows}, pools, cache)
    rows = page.rows
    if by:
        ordered = _in_order(rows, detections, by, descending=address.sort.descending)
        rows = ordered[part.offset : part.offset + part.limit]
    return page._replace(rows=[_with_detection(row, part, detections.get(row.symbol, NOTHING)) for row in rows])


def _detection_order(address: ScanAddress) -> DetectionValue | None:
    """What the rows are sorted by, if it is of detections."""
    column = SORTABLE.get(address.sort.name)
    return column.source if column and isinstance(column.source, DetectionValue) else None


def _in_order(
    rows: Iterable[ScanRow], detections: Mapping[str, DetectionValues], by: DetectionValue, *, descending: bool
) -> list[ScanRow]:
    """Equal values by symbol, and what has no value last, in both directions."""
    by_symbol = sorted(rows, key=lambda row: row.symbol)
    keys = {row.symbol: detections.get(row.symbol, NOTHING)[by] for row in by_symbol}
    valued = [row for row in by_symbol if keys[row.symbol] is not None]
    # All are numbers or all are texts.
    valued.sort(key=lambda row: keys[row.symbol], reverse=descending)  # type: ignore[arg-type,return-value]
    return [*valued, *(row for row in by_symbol if keys[row.symbol] is None)]


def _with_detection(row: ScanRow, part: ScanPart, detection: DetectionValues) -> ScanRow:
    own = dict(zip(operands(part.sources), row.values, strict=True))
    return row._replace(
        values=tuple(detection[each] if isinstance(each, DetectionValue) else own[each] for each in part.sources)
    )


def _query(address: ScanAddress, part: ScanPart, symbols: tuple[str, ...] | None) -> ScanQuery:
    column = SORTABLE.get(address.sort.name)
    order = ScanOrder()
    if column and not isinstance(column.source, DetectionValue):
        order = ScanOrder(column.source, address.sort.descending, column.base)
    return ScanQuery(
        resolve(address.rule, address.timeframe),
        address.timeframe,
        operands(part.sources),
        ScanScope(addresses.universes(address.scope), symbols),
        order if column else ScanOrder(descending=address.sort.descending),
        part.offset,
        part.limit,
    )
