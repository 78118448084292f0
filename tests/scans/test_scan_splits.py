"""Prices of two timeframes with a split between their bars."""

from datetime import UTC, datetime

import asyncpg

from app.db.pools import Pool, Pools
from app.rules.parse import parse
from app.rules.resolve import resolve
from app.rules.sql import ScanQuery
from app.scans import queries
from tests.support.databases import Databases
from tests.support.latest_rows import latest_row, put_latest

FRIDAY = datetime(2014, 6, 6, 20, tzinfo=UTC).timestamp()
MONDAY = datetime(2014, 6, 9, 18, 30, tzinfo=UTC).timestamp()
SPLIT = """
insert into symbols (symbol) values ('AAPL'), ('MSFT');
insert into splits (symbol, ex_date, ratio) values ('AAPL', '2014-06-09', 7), ('AAPL', '2005-02-28', 2);
"""


async def test_a_week_before_a_split_is_compared_in_the_share_of_today(databases: Databases) -> None:
    """Apple at 645.57 on the Friday was 92.22 a share of the Monday."""
    link = await asyncpg.connect(databases.engine)
    await link.execute(SPLIT)
    rows = [
        latest_row("AAPL", {"close": 93.7, "volume": 70}, at=MONDAY),
        latest_row("AAPL", {"close": 645.57, "volume": 11}, "weekly", at=FRIDAY),
        latest_row("MSFT", {"close": 41.3, "volume": 70}, at=MONDAY),
        latest_row("MSFT", {"close": 41.5, "volume": 77}, "weekly", at=FRIDAY),
    ]
    await put_latest(link, rows)
    await link.close()
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1, read_only=True))

    async def symbols(text: str) -> list[str]:
        query, tables = ScanQuery(resolve(parse(text), "d")), queries.scan_tables(await pools.shape())
        assert tables
        async with pools.market.acquire() as connection:
            return [row.symbol for row in (await queries.scan(connection, tables, query)).rows]

    assert await symbols("close:gt:w.close") == ["AAPL"]
    assert await symbols("w.close:92.22..92.23") == []
    assert await symbols("w.close:645..646") == ["AAPL"]
    assert await symbols("volume:lt:w.volume") == ["AAPL", "MSFT"]
    await pools.close()
