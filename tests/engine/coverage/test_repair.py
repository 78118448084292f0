import json
from datetime import date
from pathlib import Path

import asyncpg

from app.engine.coverage.repair_plans import repair_plans
from app.engine.coverage.result import Coverage, Missing, Suspect
from app.engine.loads.providers.provider import DateRange
from tests.commands.conftest import command
from tests.conftest import Databases

FIRST, LATER, LAST = date(2012, 1, 3), date(2012, 3, 1), date(2012, 6, 1)


def test_missing_days_are_one_request_for_all_symbols_that_lack_them() -> None:
    missing = [Missing(symbol, FIRST, FIRST, 1) for symbol in "AB"] + [Missing("A", LAST, LAST, 1)]
    suspects = [Suspect("B", LAST, ("jump",)), Suspect("C", LATER, ("closed",))]

    (plan,) = repair_plans(Coverage("daily", FIRST, LAST, [], missing, suspects))

    assert (plan.symbols, plan.frames[0].name, plan.span) == (("A", "B"), "daily", DateRange(FIRST, LAST))


def test_minutes_are_requested_only_where_they_are_missing() -> None:
    near = date(2012, 1, 5)
    missing = [Missing("A", day, day, 390) for day in (FIRST, near, LATER)]

    plans = repair_plans(Coverage("1min", FIRST, LAST, [], missing, []))

    assert [plan.span for plan in plans] == [DateRange(FIRST, near), DateRange(LATER, LATER)]


def test_weeks_and_months_are_requested_to_their_last_day() -> None:
    (week,) = repair_plans(
        Coverage("weekly", FIRST, LAST, [], [Missing("A", date(2012, 1, 2), date(2012, 1, 9), 2)], [])
    )

    assert week.span == DateRange(date(2012, 1, 2), date(2012, 1, 15))


async def test_a_gap_is_listed_estimated_and_filled(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    engine = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}
    assert command(tmp_path, "data", "load", "--shipped", **engine).returncode == 0
    whole = await link.fetchval("select count(*) from ohlcv_daily")
    await link.execute("delete from ohlcv_daily where symbol = 'IBM' and date between '2012-02-01' and '2012-02-10'")

    process = command(tmp_path, "data", "gaps", "--json", "--symbol", "IBM", **engine)
    estimate = command(tmp_path, "data", "repair", "--symbol", "IBM", **engine)
    days = await link.fetchval("select count(*) from ohlcv_daily")
    done = command(tmp_path, "data", "repair", "--symbol", "IBM", "--yes", **engine)

    assert process.returncode == 1
    gaps = json.loads(process.stdout)["missing"]
    assert {"symbol": "IBM", "first": "2012-02-01", "last": "2012-02-10", "bars": 8} in gaps
    assert estimate.returncode == 0
    assert "IBM" in estimate.stdout
    assert days == whole - 8
    assert done.returncode == 0, done.stderr
    assert await link.fetchval("select count(*) from ohlcv_daily") == whole
