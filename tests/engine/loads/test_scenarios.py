from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from app.finance import scenarios
from tests.commands.conftest import command
from tests.conftest import Databases
from tests.support.bar_files import checksum


async def test_data_load_scenario_all_loads_every_scenario_and_repeating_it_changes_nothing(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    words = ("data", "load", "--scenario", "all")

    first = command(tmp_path, *words, TICKSTOCK_ENGINE_DATABASE_URL=databases.engine)
    before = await checksum(link)
    again = command(tmp_path, *words, TICKSTOCK_ENGINE_DATABASE_URL=databases.engine)

    assert first.returncode == 0, first.stderr
    assert "scenario crash_2020: 252 of 252 rows good, 252 new or changed" in first.stdout
    assert "scenario crash_2020: 252 of 252 rows good, 0 new or changed" in again.stdout
    assert before == await checksum(link)
    rows = await link.fetch("select * from ohlcv_daily where symbol = 'TEST_CRASH_2020' order by date")
    bars = scenarios.daily("crash_2020")
    assert [row["date"] for row in rows] == [bar.day for bar in bars]
    assert [tuple(map(float, (row["open"], row["high"], row["low"], row["close"], row["volume"]))) for row in rows] == [
        bar[3:8] for bar in bars
    ]


async def test_invented_symbols_are_labelled_as_invented(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    process = command(
        tmp_path, "data", "load", "--scenario", "high_low_events", "--timeframe", "1min",
        TICKSTOCK_ENGINE_DATABASE_URL=databases.engine,
    )  # fmt: skip

    assert process.returncode == 0, process.stderr
    assert await link.fetchval("select name from symbols where symbol = 'TEST_HIGH_LOW_EVENTS'") == (
        "Synthetic: highs, lows, gaps and spikes of volume"
    )
    day = scenarios.daily("high_low_events")[0]
    minutes = scenarios.minutes(day)
    row = await link.fetchrow(
        "select min(timestamp) as first, count(*) as count, sum(volume) as volume, max(high) as high from ohlcv_1min"
        " where symbol = $1 and timestamp < $2",
        day.symbol,
        datetime.fromtimestamp(minutes[-1].start + 60, UTC),
    )
    assert row is not None
    assert (row["first"].timestamp(), row["count"]) == (minutes[0].start, len(minutes))
    assert (int(row["volume"]), float(row["high"])) == (day.volume, day.high)


@pytest.mark.parametrize(
    ("words", "reason"),
    [(("crash_1929",), "'crash_1929' is no scenario"), (("crash_2020", "--timeframe", "weekly"), "not weekly")],
    ids=["unknown", "weekly"],
)
def test_an_unknown_scenario_is_refused_with_the_choices(tmp_path: Path, words: tuple[str, ...], reason: str) -> None:
    process = command(tmp_path, "data", "load", "--scenario", *words)

    assert process.returncode == 2
    assert reason in process.stderr
