"""What became of detections, by pattern: kept outcomes and the sums of those that are no longer kept."""

import re
from collections.abc import AsyncIterator
from html import unescape

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app.db.pools import Pool, Pools
from app.embedded.places import Places
from app.patterns.statistics import queries, routes, table
from app.patterns.statistics.outcomes import PatternOutcomes, ReturnSums
from app.web.times import MINUS
from tests.api.conftest import PAGE, market
from tests.conftest import Databases, copied
from tests.pipeline.conftest import Desk
from tests.support.query_plans import Explaining

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

OUTCOMES = """
insert into pattern_outcomes
       (symbol, pattern_type, timeframe, detection_timestamp, direction, price, return_1, return_5, return_20)
select 'BF/B', pattern, timeframe, timestamptz '2012-08-01Z' + number * interval '1 day', direction, 50, one, five, many
  from (values ('Hammer', 'daily', 'bullish', 1, 0.01, 0.02, 0.03),
               ('Hammer', 'daily', 'bullish', 2, -0.03, 0.04, null),
               ('Hammer', 'daily', 'bullish', 3, 0, null, null), ('GapDown', 'daily', 'bearish', 4, -0.02, 0.01, -0.05),
               ('Doji', 'daily', 'neutral', 5, 0.005, null, null), ('Hammer', 'hourly', 'bullish', 6, 0.5, null, null))
       as rows (pattern, timeframe, direction, number, one, five, many)
"""
PAST = """
insert into pattern_statistics (pattern_type, timeframe, direction, month, detections, confidence_sum,
  outcomes_1, return_1_sum, rises_1, falls_1, outcomes_5, return_5_sum, rises_5, falls_5,
  outcomes_20, return_20_sum, rises_20, falls_20)
values ('GapDown', 'daily', 'bearish', '2012-05-01', 40, 32, 39, -0.36, 9, 29, 20, 0.2, 15, 4, 0, 0, 0, 0),
       ('GapDown', 'daily', 'bearish', '2012-06-01', 1, 0.8, 1, -0.02, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
"""
EXPECTED = {
    ("Hammer", "daily", "bullish"): ((3, -0.02, 1, 1), (2, 0.06, 2, 0), (1, 0.03, 1, 0)),
    ("Hammer", "hourly", "bullish"): ((1, 0.5, 1, 0), (0, 0.0, 0, 0), (0, 0.0, 0, 0)),
    ("Doji", "daily", "neutral"): ((1, 0.005, 1, 0), (0, 0.0, 0, 0), (0, 0.0, 0, 0)),
    ("GapDown", "daily", "bearish"): ((41, -0.40, 9, 31), (21, 0.21, 16, 4), (1, -0.05, 0, 1)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def databases(places: Places, furnished: str) -> AsyncIterator[Databases]:
    async for name in copied(places, furnished):
        addresses = Databases.of(places, name)
        await store(addresses.engine)
        yield addresses


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(market: Desk) -> Desk:
    assert market.settings.database.market_url
    link = await asyncpg.connect(market.settings.database.market_url.get_secret_value())
    user = await link.fetchval(
        "select pg_get_userbyid(relowner) from pg_class where oid = 'pattern_outcomes'::regclass"
    )
    await link.close()
    await store(market.settings.database.market_url.get_secret_value().replace("tickstock_ro", user))
    return market


async def store(url: str) -> None:
    link = await asyncpg.connect(url)
    await link.execute(OUTCOMES)
    await link.execute(PAST)
    await link.close()


async def test_kept_and_past_outcomes_are_added_up_by_pattern(databases: Databases) -> None:
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1, read_only=True))
    shape = await pools.shape()
    async with pools.market.acquire() as connection:
        outcomes = await queries.outcomes(connection, shape)
    await pools.close()

    sums = {
        each.name: tuple((one.cases, round(one.total, 9), one.rises, one.falls) for one in each.returns)
        for each in outcomes
    }
    assert sums == EXPECTED


async def test_outcomes_are_read_by_pattern_with_an_index(databases: Databases) -> None:
    link = await asyncpg.connect(databases.engine)
    await link.execute(
        "insert into pattern_outcomes select 'S' || n, 'Pattern' || n % 40, 'daily', now(), 'bullish', 1, 0.01"
        " from generate_series(1, 40000) as n"
    )
    await link.execute("analyze pattern_outcomes")
    pools = Pools(Pool(databases.own, "own", 1), Pool(databases.market, "market", 1, read_only=True))
    shape = await pools.shape()
    assert shape.outcomes
    async with pools.market.acquire() as connection:
        explaining = Explaining(connection)
        names = await explaining.fetch(queries.NAMES.format(outcomes=shape.outcomes))
    await pools.close()
    await link.execute("delete from pattern_outcomes where pattern_type like 'Pattern%'")
    await link.close()

    assert len(names) == 43
    assert not explaining.without_index
    assert explaining.most_rows <= len(names)


def sums(cases: int, total: float, rises: int, falls: int) -> ReturnSums:
    return ReturnSums(cases, total, rises, falls)


async def test_a_hit_is_a_return_in_the_direction_of_the_pattern() -> None:
    returns = (sums(10, 0.5, 6, 3), sums(0, 0.0, 0, 0))
    rates = {
        direction: PatternOutcomes("Doji", "daily", direction, returns).hit_rate(0)
        for direction in ("bullish", "bearish", "neutral")
    }

    assert rates == {"bullish": 0.6, "bearish": 0.3, "neutral": None}
    assert PatternOutcomes("Doji", "daily", "bullish", returns).hit_rate(1) is None


async def test_figures_are_sorted_from_the_highest_down_and_missing_ones_come_last() -> None:
    outcomes = [
        PatternOutcomes(name, "daily", direction, (sums(cases, total, rises, 0),) * 3)
        for name, direction, cases, total, rises in (
            ("A", "neutral", 5, 0.1, 5), ("B", "bullish", 4, 0.4, 1), ("C", "bullish", 0, 0.0, 0),
            ("D", "bullish", 2, -0.2, 2),
        )
    ]  # fmt: skip

    orders = {sort: "".join(row.pattern for row in table.rows(outcomes, "daily", sort)) for sort in table.SORTS}

    assert orders["pattern"] == "ABCD"
    assert orders["cases"] == "ABDC"
    assert orders["hit_5"] == "DBAC"
    assert orders["mean_20"] == "BADC"
    assert table.rows(outcomes, "hourly", "pattern") == []


async def get(desk: Desk, path: str) -> httpx.Response:
    async with desk.client() as client:
        return await client.get(path, headers=PAGE)


def cells(html: str) -> list[list[str]]:
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)
    ]


async def test_the_page_shows_each_pattern_with_cases_hits_and_mean_returns(desk: Desk) -> None:
    answer = await get(desk, "/patterns/statistics?sort=cases")

    assert answer.status_code == 200
    assert cells(answer.text) == [
        ["Gap Down", "bearish", "41", "76%", f"{MINUS}0.98%", "21†", "19%", "+1.00%", "1†", "100%", f"{MINUS}5.00%"],
        ["Hammer", "bullish", "3†", "33%", f"{MINUS}0.67%", "2†", "100%", "+3.00%", "1†", "100%", "+3.00%"],
        ["Doji", "neutral", "1†", "-", "+0.50%", "0†", "-", "-", "0†", "-", "-"],
    ]  # fmt: skip
    assert "/patterns/search?pattern=GapDown&amp;timeframe=daily&amp;direction=bearish" in answer.text
    assert 'aria-sort="descending"' in answer.text


async def test_the_table_for_programs_has_the_rows_of_the_page(desk: Desk) -> None:
    rows = (await get(desk, "/patterns/statistics.json?sort=cases")).json()["rows"]
    text = (await get(desk, "/patterns/statistics.csv?timeframe=hourly")).text

    assert [row["pattern"] for row in rows] == ["GapDown", "Hammer", "Doji"]
    assert rows[0]["cases_1"] == 41
    assert rows[0]["hit_rate_1"] == pytest.approx(31 / 41)
    assert rows[2]["hit_rate_1"] is None
    assert text.splitlines()[1].startswith("Hammer,hourly,bullish,1,1.0,0.5,0,,,0,,,")


async def test_another_timeframe_is_chosen_by_the_address(desk: Desk) -> None:
    answer = await get(desk, "/patterns/statistics?timeframe=hourly")

    assert [row[:4] for row in cells(answer.text)] == [["Hammer", "bullish", "1†", "100%"]]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("sort=luck", "sort: choose one of pattern, cases,"),
        ("timeframe=2min", "timeframe: choose one of hourly, daily."),
    ],
)
async def test_an_unknown_sort_or_timeframe_is_refused_with_the_choices(desk: Desk, query: str, sentence: str) -> None:
    answer = await get(desk, f"/patterns/statistics?{query}")

    assert answer.status_code == 400
    assert sentence in answer.text


async def test_a_count_that_takes_long_leaves_a_page_that_says_so_and_is_ready_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.context.cache.drop([table.KEY])
    monkeypatch.setattr(routes, "WAIT_SECONDS", 0.0)
    early = await get(desk, "/patterns/statistics")
    monkeypatch.undo()
    later = await get(desk, "/patterns/statistics")

    assert (early.status_code, "being counted" in early.text) == (200, True)
    assert len(cells(later.text)) == 3
