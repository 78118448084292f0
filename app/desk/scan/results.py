"""Runs a scan: symbols of its scope for which the rule holds, one page of them."""

import msgspec

from app.db.pools import Pools
from app.rules.resolve import resolve
from app.rules.sql import ScanOrder, ScanQuery, ScanScope
from app.rules.tree import Rule
from app.scans import address as addresses
from app.scans import queries
from app.scans.address import ScanAddress
from app.scans.columns import CHANGE, LAST, SETS, SORTABLE, Operand, operands
from app.scans.queries import ScanPage
from app.wire.cache.cache import Cache

PAGE_ROWS = 50
"""So that a page with the widest set of columns stays within its 30 kB."""
ALL_ROWS = 20_000
"""Rows of a file."""
FRESH_SECONDS = 2.0
"""For which an answer is given again; stored rows change once a minute."""
EVERYTHING = Rule(())


def values_of(address: ScanAddress) -> tuple[Operand, ...]:
    """What the columns of a table are made of, in the order of a row's values."""
    return operands((LAST, CHANGE, *SETS[address.columns].columns))


async def page(address: ScanAddress, symbols: tuple[str, ...] | None, pools: Pools, cache: Cache) -> ScanPage:
    """`symbols`: of the watchlists in scope. Raises Inexpressible, Unavailable."""
    if symbols is not None:
        return await _read(address, symbols, pools)

    async def load() -> bytes:
        return msgspec.json.encode(await _read(address, None, pools))

    key = f"scan:{address.identity}:{address.sort.text}:{address.columns}:{address.page}"
    return msgspec.json.decode(await cache.get(key, FRESH_SECONDS, load), type=ScanPage)


async def first_rows(address: ScanAddress, symbols: tuple[str, ...] | None, pools: Pools, rows: int) -> ScanPage:
    """All pages as one, of at most so many rows."""
    return await _read(address._replace(page=1), symbols, pools, rows)


async def of_symbols(address: ScanAddress, symbols: tuple[str, ...], pools: Pools, rows: int) -> ScanPage:
    """Of the symbols for which the rule is known to hold. Raises Unavailable."""
    return await _read(address._replace(rule=EVERYTHING, scope=()), symbols, pools, rows)


async def _read(address: ScanAddress, symbols: tuple[str, ...] | None, pools: Pools, rows: int = PAGE_ROWS) -> ScanPage:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        return await queries.scan(connection, shape, query(address, symbols, rows))


def query(address: ScanAddress, symbols: tuple[str, ...] | None, rows: int) -> ScanQuery:
    """`rows`: of a page."""
    column = SORTABLE.get(address.sort.name)
    return ScanQuery(
        resolve(address.rule, address.timeframe),
        address.timeframe,
        values_of(address),
        ScanScope(addresses.universes(address.scope), symbols),
        ScanOrder(column and column.source, address.sort.descending, column and column.base),
        rows * (address.page - 1),
        rows,
    )
