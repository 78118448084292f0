"""Runs a scan: symbols of its scope for which the rule holds, one page of them."""

from typing import NamedTuple

import msgspec

from app.db.pools import Pools
from app.rules.resolve import resolve
from app.rules.sql import ScanOrder, ScanQuery, ScanScope
from app.rules.tree import Rule
from app.scans import address as addresses
from app.scans import queries
from app.scans.address import ScanAddress
from app.scans.columns import CHANGE, LAST, SETS, SORTABLE, Operand, ScreenColumn, operands
from app.scans.latest.source import scan_source
from app.scans.queries import ScanPage
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
    def operands(self) -> tuple[Operand, ...]:
        """What the columns are made of, in the order of a row's values."""
        return operands(self.columns)

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
        return await _read(address, part, symbols, pools)

    async def load() -> bytes:
        return msgspec.json.encode(await _read(address, part, None, pools))

    key = f"scan:{address.identity}:{address.sort.text}:{part.key}"
    return msgspec.json.decode(await cache.get(key, FRESH_SECONDS, load), type=ScanPage)


async def of_symbols(address: ScanAddress, part: ScanPart, symbols: tuple[str, ...], pools: Pools) -> ScanPage:
    """Of the symbols for which the rule is known to hold. Raises Unavailable."""
    return await _read(address._replace(rule=EVERYTHING, scope=()), part, symbols, pools)


async def _read(address: ScanAddress, part: ScanPart, symbols: tuple[str, ...] | None, pools: Pools) -> ScanPage:
    source = await scan_source(pools)
    if source is None:
        return ScanPage((), 0, [0] * len(address.rule.conditions))
    async with source.pool.acquire() as connection:
        return await queries.scan(connection, source.tables, _query(address, part, symbols))


def _query(address: ScanAddress, part: ScanPart, symbols: tuple[str, ...] | None) -> ScanQuery:
    column = SORTABLE.get(address.sort.name)
    return ScanQuery(
        resolve(address.rule, address.timeframe),
        address.timeframe,
        part.operands,
        ScanScope(addresses.universes(address.scope), symbols),
        ScanOrder(column and column.source, address.sort.descending, column and column.base),
        part.offset,
        part.limit,
    )
