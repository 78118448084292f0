"""New bars are copied into their table; where some exist, they are merged."""

from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.loads import queries
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from tests.conftest import Databases
from tests.support.bar_files import load_file, write_csv

CHUNK = "app.engine.loads.sources.csv_file.CHUNK"
FRAME = LOAD_TIMEFRAMES["daily"]


def line(symbol: str, day: int, close: int = 2) -> str:
    return f"{symbol},2012-09-{day:02},1,9,1,{close},5"


async def bar_lines(link: asyncpg.Connection) -> list[str]:
    rows = await link.fetch(
        "select concat_ws(',', symbol, date, 1, 9, 1, trim_scale(close), 5) as bar from ohlcv_daily"
    )
    return sorted(row["bar"] for row in rows)


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
async def test_a_file_with_old_changed_and_new_bars_is_stored_completely(
    chunk: int, pool: Pool, link: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHUNK, chunk)
    await load_file(pool, write_csv(tmp_path / "before.csv", [line("A", 4), line("B", 4), line("B", 5)]))
    after = [line("A", 5), line("A", 4), line("B", 5, 7), line("B", 6), line("B", 4), line("C", 4), line("A", 6)]

    outcome = await load_file(pool, write_csv(tmp_path / "after.csv", after))

    assert await bar_lines(link) == sorted(after)
    assert (outcome.status, outcome.good_rows, outcome.new_bars) == ("completed", 7, 5)


async def test_a_copy_that_meets_stored_bars_stores_nothing_and_leaves_the_transaction_usable(
    link: asyncpg.Connection,
) -> None:
    async with link.transaction():
        first = await queries.copy_bars(link, FRAME, [line("A", 4), line("A", 5)])
        again = await queries.copy_bars(link, FRAME, [line("A", 6), line("A", 5, 7)])
        changed = await queries.put_bars(link, FRAME, [line("A", 6), line("A", 5, 7)])

    assert (first, again, changed) == (True, False, 2)
    assert await bar_lines(link) == [line("A", 4), line("A", 5, 7), line("A", 6)]


async def test_bars_are_inserted_where_copy_is_not_allowed(
    databases: Databases, pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    superuser = await asyncpg.connect(databases.superuser)
    await superuser.execute(
        "alter table ohlcv_daily enable row level security; alter table ohlcv_daily force row level security;"
        "create policy everything on ohlcv_daily using (true) with check (true)"
    )
    await superuser.close()

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", [line("A", 4), line("A", 5)]))

    assert (outcome.status, outcome.new_bars) == ("completed", 2)
    assert await bar_lines(link) == [line("A", 4), line("A", 5)]


@pytest.mark.parametrize("rows", [30, 29])
async def test_a_large_load_analyzes_its_tables(
    rows: int, pool: Pool, link: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.loads.writer.ANALYSED_FROM", 30)
    query = "select reltuples::int from pg_class where relname = any($1::text[]) order by relname"

    await load_file(pool, write_csv(tmp_path / "bars.csv", [line(f"S{number:02}", 4) for number in range(rows)]))

    counts = [row[0] for row in await link.fetch(query, ["ohlcv_daily", "symbols"])]
    assert counts == ([30, 30] if rows == 30 else [-1, -1])
