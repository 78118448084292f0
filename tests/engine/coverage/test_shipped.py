"""The shipped history is complete, and symbols without exchange hours are measured against no calendar."""

import json
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from app.db import market
from app.engine.coverage.measure import measure_coverage
from app.engine.coverage.result import CoverageQuery, ExplainedJump, Suspect
from app.engine.storage.markets import on_exchange
from app.finance.history import LargeMove
from app.finance.markets import market as market_of
from tests.commands.conftest import command
from tests.conftest import Databases

PROFIT_WARNING = "After the close of the day before Apple announced that revenue and profit"


async def test_the_shipped_history_has_no_unexplained_gap_or_jump(
    databases: Databases, link: asyncpg.Connection, tmp_path: Path
) -> None:
    engine = {"TICKSTOCK_ENGINE_DATABASE_URL": databases.engine}
    loaded = command(tmp_path, "data", "load", "--shipped", **engine)

    json_process = command(tmp_path, "data", "gaps", "--json", **engine)
    text_process = command(tmp_path, "data", "gaps", **engine)

    assert loaded.returncode == 0, loaded.stderr
    assert (json_process.returncode, text_process.returncode) == (0, 0), json_process.stdout + json_process.stderr
    report = json.loads(json_process.stdout)
    assert (report["missing"], report["suspicious"]) == ([], [])
    (jump,) = report["explained"]
    assert (jump["symbol"], jump["day"]) == ("AAPL", "2000-09-29")
    assert jump["reason"].startswith(PROFIT_WARNING)
    assert "jumps with a reason" in text_process.stdout
    rows = await link.fetch("select symbol, ex_date::text, ratio::float8, source from splits order by 1, 2")
    assert [tuple(row) for row in rows] == [
        ("AAPL", "2000-06-21", 2.0, "shipped"),
        ("AAPL", "2005-02-28", 2.0, "shipped"),
        ("MSFT", "2003-02-18", 2.0, "shipped"),
    ]


@pytest.mark.parametrize(
    ("open_price", "explained"), [(28.19, True), (28.30, True), (31.0, False), (26.0, False)], ids=str
)
async def test_a_known_move_explains_a_jump_of_its_size_alone(
    link: asyncpg.Connection, open_price: float, explained: bool
) -> None:
    await link.execute(
        "insert into ohlcv_daily values ('AAPL', '2000-09-28', 53, 54, 53, 53.5, 9), ('AAPL', '2000-09-29', $1, 60, 20,"
        " 25.75, 8)",
        open_price,
    )
    moves = [LargeMove("AAPL", date(2000, 9, 29), 53.5, 28.19, "a warning")]

    shape = await market.inspect(link, exact=True)
    coverage = await measure_coverage(link, shape, CoverageQuery(), moves=moves)

    jump = Suspect("AAPL", date(2000, 9, 29), ("jump",))
    assert coverage.suspects == ([] if explained else [jump])
    assert coverage.explained == ([ExplainedJump("AAPL", jump.day, "a warning")] if explained else [])
    assert (await measure_coverage(link, shape, CoverageQuery())).suspects == [jump]


WEEKEND = [("BTC-USD", date(2024, 3, day), 1000) for day in (8, 9, 10, 11)] + [("EURUSD=X", date(2024, 3, 10), 0)]


async def test_weekend_bars_of_crypto_and_currencies_are_no_fault(link: asyncpg.Connection) -> None:
    rows = [*WEEKEND, ("X:BTCUSD", date(2024, 3, 9), 1), ("C:EURUSD", date(2024, 3, 10), 0)]
    rows += [("BRK-B", date(2024, 3, 8), 7), ("BRK-B", date(2024, 3, 11), 8), ("BRK-B", date(2024, 3, 9), 9)]
    await link.executemany("insert into ohlcv_daily values ($1, $2, 100, 101, 99, 100, $3)", rows)
    await link.executemany("insert into symbols (symbol) values ($1)", [("BTC-USD",), ("EURUSD=X",), ("BRK-B",)])

    coverage = await measure_coverage(link, await market.inspect(link, exact=True), CoverageQuery())

    assert [extent.symbol for extent in coverage.extents] == ["BRK-B"]
    assert coverage.missing == []
    assert coverage.suspects == [Suspect("BRK-B", date(2024, 3, 9), ("closed",))]


async def test_sql_and_python_agree_which_symbols_trade_outside_exchange_hours(
    link: asyncpg.Connection,
) -> None:
    symbols = [
        "AAPL", "BRK-B", "BRK.B", "BF/B", "BTC-USD", "ETH-BTC", "DOGE-EUR", "btc-usd", "USD", "A-USDX", "JPY=X",
        "EURUSD=X", "GC=F", "ES=F", "X:BTCUSD", "C:EURUSD", "^GSPC", "M&M.NS", "TEST_CRASH",
    ]  # fmt: skip

    rows = await link.fetch(f"select s, {on_exchange('s')} as on_exchange from unnest($1::text[]) as s", symbols)

    assert {row["s"]: row["on_exchange"] for row in rows} == {
        symbol: market_of(symbol) == "exchange" for symbol in symbols
    }
