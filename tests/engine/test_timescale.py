import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.db.migrate import migrate
from app.engine.queries import last_bars, put_bars, put_symbols
from app.finance.bars import Bar

URL = os.environ.get("TEST_TIMESCALE_URL", "")
START = 1346765400.0
BARS = [Bar("BRK.B", "1min", START + 60 * number, 10, 12, 9, 11, number) for number in range(300)]

needs_timescale = pytest.mark.skipif(not URL, reason="TEST_TIMESCALE_URL is not set")


@pytest.fixture
async def timescale() -> AsyncIterator[asyncpg.Connection]:
    """A database of its own with the extension, brought to the newest schema."""
    name = f"tickstock_test_{os.getpid()}"
    outside = await asyncpg.connect(URL)
    await outside.execute(f"create database {name}")
    url = urlsplit(URL)._replace(path=f"/{name}").geturl()
    link = await asyncpg.connect(url)
    await link.execute("create extension if not exists timescaledb")
    await migrate("market", url)
    yield link
    await link.close()
    await outside.execute(f"drop database {name} with (force)")
    await outside.close()


async def stored_twice(link: asyncpg.Connection) -> list[Bar]:
    await put_symbols(link, ["BRK.B"])
    for _ in range(2):
        await put_bars(link, BARS, ("ohlcv_1min",))
    return await last_bars(link, "BRK.B", "1min", None)


async def test_without_the_extension_tables_are_plain_ones(empty_url: str) -> None:
    await migrate("market", empty_url)
    link = await asyncpg.connect(empty_url)

    assert await stored_twice(link) == BARS
    assert await link.fetchval("select count(*) from pg_extension where extname = 'timescaledb'") == 0
    await link.close()


@needs_timescale
async def test_with_the_extension_minutes_and_hours_are_hypertables(timescale: asyncpg.Connection) -> None:
    rows = await timescale.fetch("select hypertable_name::text from timescaledb_information.hypertables order by 1")

    assert [row[0] for row in rows] == ["ohlcv_1min", "ohlcv_hourly"]
    assert await stored_twice(timescale) == BARS


@needs_timescale
async def test_where_the_licence_allows_it_old_bars_are_compressed_and_can_still_be_mended(
    timescale: asyncpg.Connection,
) -> None:
    licence = await timescale.fetchval("select current_setting('timescaledb.license', true)")
    policies = await timescale.fetchval(
        "select count(*) from timescaledb_information.jobs where proc_name = 'policy_compression'"
    )
    assert policies == (2 if licence == "timescale" else 0)
    await stored_twice(timescale)
    if policies:
        await timescale.execute("select compress_chunk(chunk) from show_chunks('ohlcv_1min') as chunk")

    await put_bars(timescale, [BARS[7]._replace(volume=99)], ("ohlcv_1min",))

    found = await last_bars(timescale, "BRK.B", "1min", None)
    assert found == [bar._replace(volume=99) if number == 7 else bar for number, bar in enumerate(BARS)]
