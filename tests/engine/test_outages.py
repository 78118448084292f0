import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg

from app.embedded import postgres, valkey
from app.embedded.child import Child
from app.embedded.places import Places, prepare
from app.engine.storage.store import MOST_FACTS
from app.finance.bars import Bar
from app.wire.events.event import AnyEvent, EngineHealth, ProcessingChanged
from tests.support.running_engine import (
    DAY,
    EXACT,
    SLOW,
    daily,
    events_of,
    eventually,
    recorded_events,
    running_engine,
    running_feed,
    session_is_closed,
)

FILLER = [Bar("FILLER", "1min", 60.0 * number, 1.0, 1.0, 1.0, 1.0, 0) for number in range(MOST_FACTS + 1)]
"""Minutes of long ago."""


def completed_runs(events: list[AnyEvent]) -> list[ProcessingChanged]:
    return [event for event in events_of(ProcessingChanged, events) if event.status == "completed"]


@asynccontextmanager
async def closed_to_everybody(places: Places, database_url: str) -> AsyncIterator[None]:
    """The server throws everybody out of the database and lets nobody in."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    link = await asyncpg.connect(postgres.url(places))
    await link.execute(f"alter database {name} allow_connections false")
    await link.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
    yield
    await link.execute(f"alter database {name} allow_connections true")
    await link.close()


async def test_a_database_outage_loses_nothing(redis_url: str, database_url: str, places: Places) -> None:
    async with (
        recorded_events(redis_url) as events,
        running_engine(redis_url, database_url),
        running_feed(redis_url, SLOW),
    ):
        async with closed_to_everybody(places, database_url):
            await eventually(lambda: any(event.slow_part for event in events_of(EngineHealth, events)))
        await eventually(lambda: events_of(EngineHealth, events)[-1].status == "healthy")
        link = await asyncpg.connect(database_url)
        await eventually(lambda: daily(link, DAY))

    late = next(event for event in events_of(EngineHealth, events) if event.slow_part)
    assert (late.status, late.slow_part) == ("degraded", "store")
    assert late.waiting
    assert late.behind_seconds
    assert late.behind_seconds >= 1
    assert await daily(link, DAY) == EXACT
    minutes = await link.fetch("select symbol, sum(volume)::int8 from ohlcv_1min group by 1 order by 1")
    assert [tuple(row) for row in minutes] == [(bar.symbol, bar.volume) for bar in EXACT]
    await link.close()


async def test_ticks_wait_while_the_store_is_full_and_none_is_lost(
    redis_url: str, database_url: str, places: Places
) -> None:
    async with recorded_events(redis_url) as events, running_engine(redis_url, database_url) as engine:
        async with closed_to_everybody(places, database_url):
            engine._store.offer(FILLER)
            async with running_feed(redis_url):
                await eventually(lambda: session_is_closed(redis_url))
                beats = len(events_of(EngineHealth, events))
                await eventually(lambda: len(events_of(EngineHealth, events)) > beats + 3)
                accepted = engine._ticks.accepted_ticks
        link = await asyncpg.connect(database_url)
        await eventually(lambda: daily(link, DAY))
        await eventually(lambda: any(event.run_id == f"eod-{DAY}" for event in completed_runs(events)))

    assert accepted == 0
    assert await daily(link, DAY) == EXACT
    minutes = "select symbol, sum(volume)::int8 from ohlcv_1min where symbol <> 'FILLER' group by 1 order by 1"
    assert [tuple(row) for row in await link.fetch(minutes)] == [(bar.symbol, bar.volume) for bar in EXACT]
    assert [event.run_id for event in completed_runs(events)] == [f"eod-{DAY}"]
    await link.close()


async def test_an_engine_waits_for_a_database_that_is_not_there_yet(
    redis_url: str, database_url: str, places: Places
) -> None:
    async with recorded_events(redis_url) as events, AsyncExitStack() as away:
        await away.enter_async_context(closed_to_everybody(places, database_url))

        async def open_again() -> None:
            await eventually(lambda: len(events) >= 3)
            await away.aclose()

        opening = asyncio.create_task(open_again())
        async with running_engine(redis_url, database_url):
            await eventually(lambda: events_of(EngineHealth, events)[-1].status == "healthy")
        await opening

    assert events_of(EngineHealth, events)[0].status == "starting"


async def test_a_redis_outage_stops_no_engine(database_url: str, link: asyncpg.Connection, tmp_path: Path) -> None:
    places = prepare(tmp_path, None)
    server = Child(valkey.program(places))
    server.start()
    assert server.wait_ready(10)
    url = valkey.url(places)
    async with running_engine(url, database_url), running_feed(url, SLOW):
        await eventually(lambda: link.fetchval("select count(*) > 100 from ohlcv_1min"))
        server.stop(5)
        server.start()
        assert server.wait_ready(10)
        await eventually(lambda: daily(link, DAY))

    assert await daily(link, DAY) == EXACT
    server.stop(5)
    shutil.rmtree(places.sockets)


PROGRAM = """
import sys
from app.engine.process import main
from app.settings.load import Settings
servers = {"redis": {"url": sys.argv[1]}, "database": {"url": sys.argv[2]}}
main(Settings.model_validate({**servers, "ingest": {"provider": "replay"}}))
"""


async def test_foreign_tables_without_needed_columns_are_left_alone(
    redis_url: str, empty_url: str, empty_link: asyncpg.Connection
) -> None:
    await empty_link.execute("create table ohlcv_daily (symbol text, date date, close numeric)")

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, redis_url, empty_url, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, output = await process.communicate()

    assert process.returncode == 1
    assert output.count(b"\n") == 1
    assert b"ohlcv_daily (high, low, open, volume)" in output
    assert await empty_link.fetchval("select count(*) from pg_class where relnamespace = 'public'::regnamespace") == 1


async def test_complete_foreign_tables_are_used_and_get_no_history(
    redis_url: str, database_url: str, link: asyncpg.Connection
) -> None:
    await link.execute("drop table tickstock_market_version; truncate ohlcv_daily, symbols")

    async with running_engine(redis_url, database_url), running_feed(redis_url):
        await eventually(lambda: daily(link, DAY))

    assert await link.fetchval("select count(*) from ohlcv_daily") == len(EXACT)
    assert await link.fetchval("select to_regclass('tickstock_market_version')") is None
