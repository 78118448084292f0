"""Loads beside other writers of the market's tables, and servers that abort statements."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.loads.load_source import load_source
from app.engine.loads.sources.csv_file import TextFile
from app.engine.loads.sources.source import CHUNK, UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import MOST_COLLISIONS, BarWriter
from tests.conftest import Databases
from tests.support.bar_files import checksum, load_file, write_csv
from tests.support.history_server import TODAY
from tests.support.running_engine import eventually

BEFORE = [f"{symbol},2012-09-04,1,2,1,2,5" for symbol in "AMZ"]
AFTER = [f"{symbol},2012-09-04,1,3,1,2,7" for symbol in "AMZ"]
TOUCH = "update ohlcv_daily set volume = 1 where symbol = $1"

TRIGGER = """
create sequence times;
grant usage on sequence times to public;
create function moment() returns trigger language plpgsql as $$ begin {body} return new; end $$;
create trigger moment before insert on ohlcv_daily for each row execute function moment();
"""
PATIENT = "perform set_config('lock_timeout', '20s', true);"
"""A load gives a lock up after the second that a deadlock takes to be seen."""


@pytest.fixture
async def superuser(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.superuser)
    yield connection
    await connection.close()


async def waits_for_lock(link: asyncpg.Connection, count: int) -> bool:
    query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return int(await link.fetchval(query)) == count


async def test_a_load_in_a_deadlock_with_another_writer_repeats_the_batch(
    databases: Databases,
    pool: Pool,
    link: asyncpg.Connection,
    superuser: asyncpg.Connection,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await load_file(pool, write_csv(tmp_path / "before.csv", BEFORE))
    await superuser.execute(TRIGGER.format(body=PATIENT))
    blocker, rival = [await asyncpg.connect(databases.superuser) for _ in range(2)]
    # Who waits longest to look for a deadlock is not the one that is thrown out of it.
    await rival.execute("set deadlock_timeout = '10min'")
    writer = BarWriter(pool, LOAD_TIMEFRAMES["daily"])
    await writer.open()
    path = write_csv(tmp_path / "after.csv", AFTER)

    transaction, other = blocker.transaction(), rival.transaction()
    await transaction.start()
    await other.start()
    await blocker.execute(TOUCH, "M")
    await rival.execute(TOUCH, "Z")
    with caplog.at_level(logging.WARNING, "app.engine.loads.writer"):
        load_task = asyncio.create_task(load_source(TextFile(path, None), LOAD_TIMEFRAMES["daily"], writer, TODAY))
        await eventually(lambda: waits_for_lock(superuser, 1))
        crossing = asyncio.create_task(rival.execute(TOUCH, "A"))
        await eventually(lambda: waits_for_lock(superuser, 2))
        await transaction.rollback()
        await crossing
        await other.commit()
        outcome = await load_task

    message = "DeadlockDetectedError with another writer of ohlcv_daily, done again (1 in this load)"
    assert [record.getMessage() for record in caplog.records] == [message]
    assert (writer.collisions, outcome.status, outcome.good_rows, outcome.new_bars) == (1, "completed", 3, 3)
    after = await checksum(link)
    await link.execute("delete from ohlcv_daily")
    await load_file(pool, path)
    assert after == await checksum(link)
    for each in (blocker, rival):
        await each.close()


@pytest.mark.parametrize(
    "trouble",
    [
        "raise exception 'no' using errcode = '40001';",
        "raise exception 'no' using errcode = '40P01';",
        "raise exception 'no' using errcode = '55P03';",
        "perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10);",
    ],
    ids=["serialization", "deadlock", "lock timeout", "terminated"],
)
async def test_transient_database_errors_are_retried_without_a_trace(
    trouble: str, pool: Pool, link: asyncpg.Connection, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    await superuser.execute(TRIGGER.format(body=f"if nextval('times') in (2, 4) then {trouble} end if;"))

    outcome = await load_file(pool, write_csv(tmp_path / "a.csv", AFTER))

    assert (outcome.status, outcome.new_bars) == ("completed", 3)
    assert await superuser.fetchval("select last_value from times") == 4 + 3
    troubled = await checksum(link)
    await link.execute("delete from ohlcv_daily")
    await load_file(pool, tmp_path / "a.csv")
    assert troubled == await checksum(link)


async def test_a_load_with_endless_collisions_fails_with_the_cause_and_can_resume(
    pool: Pool, link: asyncpg.Connection, superuser: asyncpg.Connection, tmp_path: Path
) -> None:
    lines = [f"S{at:05},2012-09-04,1,2,1,2,{at}" for at in range(CHUNK + 10)]
    path = write_csv(tmp_path / "a.csv", lines)
    last = f"if new.symbol = 'S{CHUNK + 9:05}' then perform nextval('times');"
    await superuser.execute(TRIGGER.format(body=f"{last} raise exception 'no' using errcode = '40001'; end if;"))

    with pytest.raises(
        UnreadableSource, match=rf"ohlcv_daily was in the way {MOST_COLLISIONS} times \(SerializationError\)"
    ):
        await load_file(pool, path)

    assert await superuser.fetchval("select last_value from times") == MOST_COLLISIONS
    assert await link.fetchval("select count(*) from ohlcv_daily") == CHUNK
    await superuser.execute("drop trigger moment on ohlcv_daily")
    done = await load_file(pool, path)
    assert (done.status, done.resumed, done.new_bars) == ("completed", CHUNK, 10)
    assert await link.fetchval("select count(*) from data_load_parts") == 0
