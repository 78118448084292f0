"""A process that is killed while it closes a day, and restarted."""

import asyncio
import subprocess
import sys
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.eod.day_close import PHASES
from tests.commands.conftest import ROOT, command, environment
from tests.conftest import Databases
from tests.support.day_close import DAY, SYMBOLS, close_day, random_rows, run_of, store, tables


@pytest.mark.parametrize(("table", "phase"), [("ohlcv_weekly", PHASES[1]), ("cache_entries", PHASES[2])])
async def test_a_killed_close_is_completed_by_the_next_attempt(
    table: str, phase: str, pool: Pool, databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    await store(link, [row for symbol in SYMBOLS for row in random_rows(symbol, date(2012, 10, 1), DAY)])
    await link.execute(
        "insert into ohlcv_daily select symbol, $1, 1, 2, 1, 2, 3 from symbols on conflict do nothing", DAY
    )
    engine = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}
    watcher = await asyncpg.connect(databases.engine)

    async with link.transaction():
        # Where the lock is, the process waits for a second: within that it is killed.
        await link.execute(f"lock table {table} in access exclusive mode")
        process = subprocess.Popen(  # noqa: ASYNC220 - killed below
            [sys.executable, "-m", "app.cli", "data", "close"],
            cwd=ROOT,
            env=environment(tmp_path, engine),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        async with asyncio.timeout(30):
            while await watcher.fetchval("select phase from processing_runs") != phase:
                await asyncio.sleep(0.01)
        process.kill()
        process.wait(10)
    await watcher.close()
    assert (await run_of(link, DAY))["status"] == "running"

    again = await asyncio.to_thread(command, tmp_path, "data", "close", **engine)

    assert again.returncode == 0, again.stderr
    broken = await tables(link)
    assert (await run_of(link, DAY))["status"] == "success"
    await link.execute("delete from ohlcv_weekly; delete from ohlcv_monthly; delete from processing_runs")
    await close_day(pool, DAY)
    assert await tables(link) == broken
