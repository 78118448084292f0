"""Symbols are stored as written, and refused where they cannot be stored."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from tests.commands.conftest import command
from tests.conftest import Databases
from tests.support import symbol_examples
from tests.support.bar_files import load_file, write_csv
from tests.support.history_server import KEY, bar, speaking

PREFERRED = """ticker,volume,open,close,high,low,window_start,transactions
BCPC,120000,145.1,146.2,147,144.5,1709614800000000000,900
BCpC,3000,24.1,24.2,24.3,24.0,1709614800000000000,20
"""
ROW = "2024-03-05,100,101,99,100.5,1000"


async def symbols(link: asyncpg.Connection) -> list[str]:
    return sorted(row[0] for row in await link.fetch("select distinct symbol from ohlcv_daily"))


async def test_symbols_that_differ_only_in_case_stay_separate(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "bars.csv").write_text(PREFERRED)

    outcome = await load_file(pool, tmp_path / "bars.csv")

    assert (outcome.good_rows, outcome.rejected_rows, outcome.symbols) == (2, 0, {"BCPC", "BCpC"})
    rows = await link.fetch('select symbol, close, volume from ohlcv_daily order by symbol collate "C"')
    assert [(row[0], float(row[1]), row[2]) for row in rows] == [("BCPC", 146.2, 120000), ("BCpC", 24.2, 3000)]
    assert {row[0] for row in await link.fetch("select symbol from symbols")} == {"BCPC", "BCpC"}


async def test_every_valid_symbol_is_stored_and_no_other(pool: Pool, link: asyncpg.Connection, tmp_path: Path) -> None:
    fit = sorted({symbol for symbol in symbol_examples.ODD if len(symbol) <= 20})
    path = write_csv(tmp_path / "bars.csv", [f"{symbol},{ROW}" for symbol in (*fit, "../X", "A//B", "BRK B", "A" * 21)])

    outcome = await load_file(pool, path)

    assert await symbols(link) == fit
    assert [refusal.reason for refusal in outcome.rejections] == [
        "symbol: '../X' is none",
        "symbol: 'A//B' is none",
        "symbol: 'BRK B' is none",
        f"symbol: '{'A' * 21}' has more than 20 characters and cannot be stored",
    ]


async def test_on_the_command_line_case_matters_only_where_symbols_differ_in_nothing_else(
    databases: Databases, link: asyncpg.Connection, pool: Pool, tmp_path: Path
) -> None:
    (tmp_path / "bars.csv").write_text(PREFERRED)
    await load_file(pool, tmp_path / "bars.csv")
    await load_file(pool, write_csv(tmp_path / "aapl.csv", [f"AAPL,{ROW}"]))
    own = write_csv(tmp_path / "own.csv", ["2024-03-06,100,101,99,100.5,7"], "date,open,high,low,close,volume")
    engine = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}

    load = command(tmp_path, "data", "load", str(own), "--symbol", "aapl", **engine)
    exact = command(tmp_path, "data", "load", str(own), "--symbol", "BCpC", **engine)
    either = command(tmp_path, "data", "load", str(own), "--symbol", "bcpc", **engine)
    gaps = command(tmp_path, "data", "gaps", "--symbol", "bcpc", **engine)
    none = command(tmp_path, "data", "gaps", "--symbol", "../x", **engine)

    assert (load.returncode, exact.returncode) == (0, 0), load.stderr + exact.stderr
    rows = await link.fetch("select symbol from ohlcv_daily where volume = 7 order by symbol")
    assert [row[0] for row in rows] == ["AAPL", "BCpC"]
    for process in (either, gaps):
        assert process.returncode == 1
        assert "--symbol: bcpc: BCPC and BCpC differ only in case" in process.stderr
    assert (none.returncode, "--symbol: '../x' is no symbol" in none.stderr) == (1, True)


async def test_a_provider_is_asked_for_the_exact_spelling_of_a_ticker(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(KEY)
    async with speaking() as provider:
        provider.bars = {"BCPC": [bar("2012-09-04", 145.0)], "BCpC": [bar("2012-09-04", 24.0)]}
        environment = {
            "TICKSTOCK_ENGINE_DATABASE_URL": databases.engine,
            "MASSIVE_API_KEY_FILE": str(tmp_path / "key"),
            "TICKSTOCK_MASSIVE_REST_URL": provider.url,
        }
        words = ("data", "load", "--provider", "massive", "--from", "2012-09-01", "--to", "2012-09-30", "--symbols")
        one = await asyncio.to_thread(command, tmp_path, *words, "BCpC", **environment)
        missed = await asyncio.to_thread(command, tmp_path, *words, "nobody", **environment)
        long = await asyncio.to_thread(command, tmp_path, *words, "A" * 21, **environment)

    assert one.returncode == 0, one.stderr
    assert all("/BCpC" in path or "ticker=BCpC" in path for path in provider.requests if "nobody" not in path)
    rows = await link.fetch("select symbol, close from ohlcv_daily")
    assert [(row[0], float(row[1])) for row in rows] == [("BCpC", 24.0)]
    assert "nothing of nobody; case counts, and perhaps NOBODY was meant" in missed.stderr
    assert "symbols of more than 20 characters cannot be stored" in long.stderr


@pytest.mark.parametrize("word", ["bcpc", "BCPC"])
async def test_a_symbol_that_is_not_stored_stays_as_it_was_typed(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path, word: str
) -> None:
    own = write_csv(tmp_path / "own.csv", ["2024-03-06,100,101,99,100.5,7"], "date,open,high,low,close,volume")

    process = command(tmp_path, "data", "load", str(own), "--symbol", word, DATABASE_URL=databases.engine)

    assert process.returncode == 0, process.stderr
    assert await symbols(link) == [word]
