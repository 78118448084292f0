"""Among tens of thousands of detections a scan reads those that may count by an index."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from app.db import market
from app.embedded.places import Places
from app.rules.sql import ScanQuery, statement
from app.rules.tree import Among, Condition, Number, Rule, Series, Within
from app.scans.queries import scan_tables
from tests.conftest import copied
from tests.support.databases import Databases
from tests.support.latest_rows import latest_row, put_latest
from tests.support.many_detections import LAST, put_many_detections
from tests.support.query_plans import Explaining

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATTERN_TABLES = {"daily_patterns", "intraday_patterns", "daily_intraday_patterns"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(places: Places, furnished: str) -> AsyncIterator[asyncpg.Connection]:
    async for name in copied(places, furnished):
        link = await asyncpg.connect(Databases.of(places, name).engine)
        await put_many_detections(link)
        symbols = [f"S{number}" for number in range(97)]
        await put_latest(
            link,
            [
                latest_row(symbol, {"close": 1}, timeframe, LAST.timestamp())
                for symbol in symbols
                for timeframe in ("daily", "5min", "1min", "weekly")
            ],
        )
        await link.execute("analyze latest")
        yield link
        await link.close()


@pytest.mark.parametrize(
    "conditions",
    [
        (Among("pattern", ("Hammer",)),),
        (Among("pattern", ("Rare", "Pattern3")), Within(Series("conf"), Number(0.8))),
        (Among("direction", ("bullish",)),),
        (Among("tier", ("daily",)), Within(Series("age"), None, Number(2))),
        (Among("pattern", ("Doji",)), Among("tier", ("intraday",)), Within(Series("age"), None, Number(3))),
    ],
)
async def test_detections_are_read_by_an_index(engine: asyncpg.Connection, conditions: tuple[Condition, ...]) -> None:
    tables = scan_tables(await market.inspect(engine))
    assert tables is not None
    explaining = Explaining(engine)

    text, values = statement(ScanQuery(Rule(conditions)), tables)
    rows = await explaining.fetch(text, *values)

    assert rows[0]["counts"][0] == 97
    assert [scan for scan in explaining.without_index if scan.table in PATTERN_TABLES] == []
