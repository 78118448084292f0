"""With tens of thousands of detections every page uses an index, and pages neither miss nor repeat any."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from app.db.analysis_tables import first_of_all
from app.db.pools import Pool, Pools
from app.embedded.places import Places
from app.engine.storage import definitions
from app.finance import detections
from app.patterns import queries
from app.patterns.queries import DetectionFilter, PositionedDetection
from tests.conftest import copied
from tests.support.databases import Databases
from tests.support.many_detections import put_many_detections
from tests.support.query_plans import Explaining

pytestmark = pytest.mark.asyncio(loop_scope="module")

NARROWED = {
    "all": DetectionFilter(),
    "a symbol": DetectionFilter(symbols=("S7",)),
    "several symbols": DetectionFilter(symbols=("S7", "S8")),
    "a timeframe": DetectionFilter(timeframe="weekly"),
    "a timeframe that nothing has": DetectionFilter(timeframe="2min"),
    "a tier": DetectionFilter(tier="combo"),
    "a tier and a timeframe that it lacks": DetectionFilter(tier="daily", timeframe="1min"),
    "a rare pattern": DetectionFilter(pattern="Rare"),
    "a symbol and its pattern": DetectionFilter(symbols=("S7",), pattern="Pattern3", timeframe="1min"),
    "an early day": DetectionFilter(until=datetime(2012, 9, 4, 8, tzinfo=UTC)),
    "a rare direction": DetectionFilter(direction="neutral"),
    "what is certain": DetectionFilter(min_confidence=1.0),
    "a rare pattern of a timeframe": DetectionFilter(pattern="Rare", timeframe="weekly"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def databases(places: Places, furnished: str) -> AsyncIterator[Databases]:
    """Once for all tests: fifty thousand detections."""
    async for name in copied(places, furnished):
        addresses = Databases.of(places, name)
        link = await asyncpg.connect(addresses.engine)
        await put_many_detections(link)
        await link.close()
        yield addresses


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pools(databases: Databases) -> AsyncIterator[Pools]:
    pair = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1, read_only=True))
    yield pair
    await pair.close()


async def test_every_combination_of_filters_uses_an_index(pools: Pools) -> None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        for _ in range(7):  # a server that trusts its generic plans would use one from the sixth time on
            plans: dict[str, Explaining] = {}
            for name, query in NARROWED.items():
                explaining = Explaining(connection)
                await queries.detections(explaining, shape, query, None, 100)  # type: ignore[arg-type]
                plans[name] = explaining

    for name, plan in plans.items():
        assert plan.scans, name
        assert not plan.without_index, (name, plan.scans)


async def test_the_pattern_names_to_choose_from_are_read_by_index(pools: Pools, databases: Databases) -> None:
    link = await asyncpg.connect(databases.engine)
    await definitions.put(link)
    await link.close()
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        explaining = Explaining(connection)
        patterns, timeframes = await queries.names(explaining, shape)  # type: ignore[arg-type]

    assert not [scan for scan in explaining.without_index if scan.rows > 200]  # but for the definitions
    assert explaining.most_rows <= queries.RECENT_DETECTIONS
    assert {"Pattern3", "Doji", "GoldenCross"} <= set(patterns)
    assert timeframes == ("1min", "5min", "15min", "30min", "hourly", "daily", "weekly", "monthly", "combo")


async def test_a_page_reads_a_bounded_number_of_detections(pools: Pools) -> None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        for query in (DetectionFilter(direction="neutral"), DetectionFilter(min_confidence=1.0)):
            explaining = Explaining(connection)
            page = await queries.detections(explaining, shape, query, None, 100)  # type: ignore[arg-type]

            # And those of the last time, whose order an index may not have.
            assert explaining.most_rows <= queries.MOST_COMPARED + 500
            assert page.next is not None


async def test_pages_neither_miss_nor_repeat_a_detection_for_any_filter(
    pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_COMPARED", 3_000)
    shape = await pools.shape()
    source = first_of_all(shape.patterns, (), queries.ORDER, "all")
    async with pools.market.acquire() as connection:
        rows = await connection.fetch(f"select * from {source} as every order by {queries.ORDER}")
        for name, query in NARROWED.items():
            expected = [
                (row["detected_at"], row["symbol"], row["pattern"], row["timeframe"])
                for row in rows
                if matches(row, query)
            ][:3_000]
            detections: list[PositionedDetection] = []
            page, after = None, None
            while len(detections) < len(expected) and (page is None or page.next):
                page = await queries.detections(connection, shape, query, after, 700)
                assert len(page.rows) <= 700
                detections, after = detections + page.rows, page.next

            assert [tuple(each.position) for each in detections][: len(expected)] == expected, name


async def test_a_direction_without_detections_runs_no_search(pools: Pools) -> None:
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        explaining = Explaining(connection)
        page = await queries.detections(explaining, shape, DetectionFilter(direction="up"), None, 100)  # type: ignore[arg-type]

    assert (page, explaining.scans) == (queries.DetectionPage([], None), [])


def matches(row: asyncpg.Record, query: DetectionFilter) -> bool:
    return (
        (query.symbols is None or row["symbol"] in query.symbols)
        and (query.pattern is None or row["pattern"] == query.pattern)
        and (query.timeframe is None or row["timeframe"] == query.timeframe)
        and (query.tier is None or detections.tier(row["timeframe"]) == query.tier)
        and (query.direction is None or row["direction"] == query.direction)
        and (query.min_confidence is None or row["confidence"] >= query.min_confidence)
        and (query.until is None or row["detected_at"] < query.until)
    )
