"""An engine that is killed repeatedly stores the same as an undisturbed one."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import asyncpg
import pytest
from redis.asyncio import Redis

from app.ingest.feed import Feed
from app.wire.channels import Channels
from app.wire.client import close, connect
from app.wire.state import market_clock
from tests.conftest import Databases
from tests.support.busy_feed import DAY, BusyFeed
from tests.support.running_engine import PATH, eventually, stopped

ROOT = Path(__file__).parents[2]
ENGINE = """
import sys
from app.engine.process import main
from app.settings.load import Settings
engine = {"timeframes": ["1min"], "beat_seconds": 1, "min_confidence": 0.99}
replay = {"path": sys.argv[3], "history_until": "1990-01-01"}
servers = {"redis": {"url": sys.argv[1]}, "database": {"url": sys.argv[2]}}
said = {**servers, "engine": engine, "ingest": {"provider": "replay"}, "replay": replay}
main(Settings.model_validate(said), lambda: print("ready", flush=True))
"""
MINUTES = 40
KILLS = 10

Rows = list[tuple[object, ...]]


@asynccontextmanager
async def engine(redis_url: str, database_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Killed at the end, wherever it is."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENGINE, redis_url, database_url, str(PATH),
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def feeding(redis_url: str, provider: BusyFeed) -> AsyncIterator[None]:
    feed = Feed(provider, redis_url, Channels(), ())
    stop = asyncio.Event()
    task = asyncio.create_task(feed.run(lambda: None, stop))
    async with stopped(stop, task):
        yield
    await feed.close()


async def bars(link: asyncpg.Connection) -> Rows:
    columns = "open, high, low, close, volume"
    minutes = await link.fetch(f"select symbol, timestamp, {columns} from ohlcv_1min order by 1, 2")
    days = await link.fetch(f"select symbol, date, {columns} from ohlcv_daily where date = $1 order by 1", DAY)
    return [tuple(row) for row in (*minutes, *days)]


async def rows_when_closed(redis: Redis, link: asyncpg.Connection) -> Rows:
    """When the session is closed, and nothing more is stored."""

    async def over() -> bool:
        clock = await market_clock.read(redis)
        return clock is not None and clock.state == "closed" and len(await days(link)) == 5

    await eventually(over, 90)
    rows: Rows = []
    while (now := await bars(link)) != rows:
        rows = now
        await asyncio.sleep(1.0)
    return rows


async def until_killed(process: asyncio.subprocess.Process, seconds: float) -> None:
    """The life of an engine that has said that it is ready."""
    assert process.stdout
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"ready\n"
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(process.wait(), seconds)


async def days(link: asyncpg.Connection) -> list[asyncpg.Record]:
    return list(await link.fetch("select from ohlcv_daily where date = $1 and symbol not like 'X:%'", DAY))


@pytest.mark.timeout(300)
async def test_ten_kills_leave_no_gap_and_no_partial_bar(redis_url: str, databases: Databases) -> None:
    redis, rng = connect(redis_url), Random(7)
    link = await asyncpg.connect(databases.engine)
    async with engine(redis_url, databases.engine), feeding(redis_url, BusyFeed(MINUTES, 1000.0)):
        undisturbed = await rows_when_closed(redis, link)
    assert len(undisturbed) > 5 * MINUTES
    await redis.flushall()
    await link.execute("truncate ohlcv_1min, ohlcv_daily, feed_gaps")

    feed = BusyFeed(MINUTES, 60.0)
    async with feeding(redis_url, feed):
        for kill in range(KILLS):
            async with engine(redis_url, databases.engine) as process:
                if kill % 3 == 2:  # while it starts
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(process.wait(), rng.uniform(0.5, 3.0))
                else:
                    await until_killed(process, rng.uniform(0.0, 1.5))
        feed.speed = 1000.0
        async with engine(redis_url, databases.engine):
            disturbed = await rows_when_closed(redis, link)

    assert await link.fetch("select * from feed_gaps") == []
    assert disturbed == undisturbed
    await link.close()
    await close(redis)
