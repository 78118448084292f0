"""Old detections become statistics: each is counted once and none is lost."""

from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.eod import retention
from app.engine.storage import retention as storage_retention

DAY = date(2012, 9, 4)
DAYS = 90
BEFORE = datetime(2012, 6, 6, tzinfo=UTC)
NEWER, OLDER = "detection_timestamp >= $1", "detection_timestamp < $1"

FURNISH = """
insert into {table} (symbol, pattern_type, timeframe, detection_timestamp, confidence, pattern_data)
select 'S' || n % 5, 'Pattern' || n % 3, case n % 4 when 0 then 'hourly' else '1min' end,
       timestamptz '2012-09-04Z' - n * interval '7 hours', 0.5 + n % 50 / 100.0,
       case when n % 4 < 3 then jsonb_build_object('direction', (array['bullish', 'bearish', 'neutral'])[1 + n % 3]) end
  from generate_series(1, 600) as n
"""
OUTCOMES = """
insert into pattern_outcomes
select symbol, pattern_type, timeframe, detection_timestamp, 'bullish', 20, (id % 7 - 3) / 100.0,
       case when id % 2 = 0 then (id % 5 - 2) / 50.0 end, case when id % 3 = 0 then 0.04 end
  from {table} where id % 10 <> 9
on conflict do nothing
"""

# Of what is still there, as the table of statistics has it of what is not.
EXPECTED_STATISTICS = """
select pattern_type, timeframe, coalesce(pattern_data ->> 'direction', 'neutral') as direction,
       date_trunc('month', detection_timestamp at time zone 'UTC')::date as month,
       count(*) as detections, sum(confidence) as confidence_sum,
       count(return_1) as outcomes_1, coalesce(sum(return_1), 0) as return_1_sum,
       count(*) filter (where return_1 > 0) as rises_1,
       count(return_5) as outcomes_5, coalesce(sum(return_5), 0) as return_5_sum,
       count(*) filter (where return_5 > 0) as rises_5,
       count(return_20) as outcomes_20, coalesce(sum(return_20), 0) as return_20_sum,
       count(*) filter (where return_20 > 0) as rises_20,
       count(*) filter (where return_1 < 0) as falls_1,
       count(*) filter (where return_5 < 0) as falls_5,
       count(*) filter (where return_20 < 0) as falls_20
  from intraday_patterns left join pattern_outcomes
       using (symbol, pattern_type, timeframe, detection_timestamp)
 where detection_timestamp < $1
 group by 1, 2, 3, 4
 order by 1, 2, 3, 4
"""
STATISTICS = "select * from pattern_statistics order by pattern_type, timeframe, direction, month"


async def furnish(link: asyncpg.Connection) -> list[asyncpg.Record]:
    """What the statistics must be of all that is too old."""
    for text in (FURNISH, OUTCOMES):
        await link.execute(text.format(table="intraday_patterns"))
    return await link.fetch(EXPECTED_STATISTICS, BEFORE)


async def test_deleted_detections_are_counted_exactly_and_newer_ones_stay(
    pool: Pool, link: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = await furnish(link)
    monkeypatch.setattr(retention, "SLICE", 7)
    newer = await link.fetch(f"select * from intraday_patterns where {NEWER} order by id", BEFORE)

    deleted = await retention.forget(pool, DAYS, DAY)

    assert deleted == sum(row["detections"] for row in expected) == 600 - len(newer)
    assert await link.fetch(STATISTICS) == expected
    assert await link.fetch("select * from intraday_patterns order by id") == newer
    assert await link.fetchval(f"select count(*) from pattern_outcomes where {OLDER}", BEFORE) == 0
    assert await link.fetchval(f"select count(*) from pattern_outcomes where {NEWER}", BEFORE) > 0


async def test_statistics_of_a_further_day_are_added_once(pool: Pool, link: asyncpg.Connection) -> None:
    expected = await furnish(link)
    earlier = DAY - timedelta(days=40)

    deleted = [await retention.forget(pool, DAYS, day) for day in (earlier, earlier, DAY, DAY)]

    assert deleted[1::2] == [0, 0]
    assert min(deleted[0::2]) > 0
    assert await link.fetch(STATISTICS) == expected


async def test_retention_stops_when_other_work_is_due_and_resumes_later(
    pool: Pool, link: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = await furnish(link)
    monkeypatch.setattr(retention, "SLICE", 10)

    first = await retention.forget(pool, DAYS, DAY, lambda: True)
    rest = await retention.forget(pool, DAYS, DAY)

    assert (first, first + rest) == (10, sum(row["detections"] for row in expected))
    assert await link.fetch(STATISTICS) == expected


async def test_a_rolled_back_slice_changes_nothing(pool: Pool, link: asyncpg.Connection) -> None:
    await furnish(link)
    before = await link.fetchval("select count(*) from intraday_patterns")

    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        assert await storage_retention.delete(connection, "intraday_patterns", BEFORE, 50) == 50
        await transaction.rollback()

    assert await link.fetchval("select count(*) from intraday_patterns") == before
    assert await link.fetch(STATISTICS) == []


async def test_daily_and_weekly_detections_are_kept_and_all_with_a_retention_of_0_days(
    pool: Pool, link: asyncpg.Connection
) -> None:
    await furnish(link)
    await link.execute(
        "insert into daily_patterns (symbol, pattern_type, confidence, detection_timestamp)"
        " values ('IBM', 'Hammer', 0.8, '1999-01-04 21:00Z')"
    )

    assert await retention.forget(pool, 0, DAY) == 0
    assert await link.fetchval("select count(*) from intraday_patterns") == 600
    await retention.forget(pool, DAYS, DAY)
    assert await link.fetchval("select count(*) from daily_patterns") == 1


async def test_nothing_is_deleted_from_a_foreign_market(pool: Pool, link: asyncpg.Connection) -> None:
    await furnish(link)
    await link.execute("drop table pattern_statistics")

    assert await retention.forget(pool, DAYS, DAY) == 0
    assert await link.fetchval("select count(*) from intraday_patterns") == 600
