"""A market database, files of bars, and a checksum of stored bars."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.loads.load_source import SourceResult, load_source
from app.engine.loads.sources.csv_file import TextFile
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from tests.conftest import Databases
from tests.support.history_server import DAYS, TODAY, Massive, speaking
from tests.support.load_requests import LoadClient

HISTORY = Path("config/history/us-equities-daily.csv.gz")
HEADER = "symbol,date,open,high,low,close,volume"


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    database_pool = Pool(databases.engine, "loads", 2, acquire_seconds=10.0, statement_ms=30_000)
    yield database_pool
    await database_pool.close()


@pytest.fixture
async def link(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.engine)
    yield connection
    await connection.close()


@pytest.fixture
async def provider() -> AsyncIterator[Massive]:
    async with speaking() as server:
        server.bars = {"AAPL": DAYS, "BRK.B": DAYS[:1]}
        yield server


@pytest.fixture
async def load_client(redis_url: str, databases: Databases, tmp_path: Path) -> AsyncIterator[LoadClient]:
    client = LoadClient(redis_url, databases, tmp_path)
    yield client
    await client.client.aclose()


def write_csv(path: Path, lines: Iterable[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


async def load_file(pool: Pool, path: Path, timeframe: str = "daily", symbol: str | None = None) -> SourceResult:
    frame = LOAD_TIMEFRAMES[timeframe]
    writer = BarWriter(pool, frame)
    await writer.open()
    return await load_source(TextFile(path, symbol), frame, writer, TODAY)


async def checksum(link: asyncpg.Connection, table: str = "ohlcv_daily") -> tuple[int, str]:
    """The number of rows and a digest over all their columns but the time they were stored."""
    row = await link.fetchrow(
        f"select count(*), md5(string_agg(concat_ws(',', symbol, {KEYS[table]}, open, high, low, close, volume),"
        f" ';' order by symbol, {KEYS[table]})) from {table}"
    )
    assert row is not None
    return row[0], row[1]


KEYS = {frame.table: frame.key for frame in LOAD_TIMEFRAMES.values()}
