"""A load that is killed at any moment and resumes."""

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from tests.commands.conftest import ROOT, environment
from tests.conftest import Databases
from tests.support.bar_files import checksum, load_file, write_csv

ROWS = 80_000
KEYS = 50_000


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some keys twice, some rows bad: what is stored depends on their order."""
    keys = [f"S{at % 89:02},{2000 + at % 23}-{1 + at // 23 % 12:02}-{1 + at // 300 % 28:02}" for at in range(KEYS)] * 2
    lines = [f"{key},{at % 97 + 1},200,1,{at % 89 + 1},{at}" for at, key in enumerate(keys[:ROWS])]
    lines.insert(41_000, "S01,2000-01-01,1,2,3,4,5")
    return write_csv(tmp_path_factory.mktemp("big") / "big.csv", lines)


def start_loader(databases: Databases, tmp_path: Path, path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "data", "load", str(path)],
        cwd=ROOT,
        env=environment(tmp_path / "data", {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def test_a_killed_and_restarted_load_stores_the_same_as_an_undisturbed_one(
    databases: Databases, pool: Pool, link: asyncpg.Connection, tmp_path: Path, big: Path
) -> None:
    chance, before = random.Random(6), 0
    for _ in range(2):
        process = start_loader(databases, tmp_path, big)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            reached = await link.fetchval("select coalesce(max(reached), 0) from data_load_parts")
            if reached > before:
                break
        # Anywhere in the chunk that follows: what is random is the moment, not the outcome.
        await asyncio.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.communicate()
        before = await link.fetchval("select coalesce(max(reached), 0) from data_load_parts")
    assert before > 0

    last = start_loader(databases, tmp_path, big)
    output, _ = last.communicate(timeout=60)
    interrupted = await checksum(link)
    await link.execute("truncate ohlcv_daily")
    undisturbed = await load_file(pool, big)

    assert last.returncode == 0
    assert "by an earlier try" in output
    assert undisturbed.duplicates > 0
    assert interrupted == await checksum(link)
    assert interrupted[0] == undisturbed.good_rows - undisturbed.duplicates == KEYS
    assert await link.fetchval("select count(*) from data_load_parts") == 0
