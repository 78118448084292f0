"""Files of bars, loaded and compared with what is stored."""

from collections.abc import Iterable
from pathlib import Path

import asyncpg

from app.db.pools import Pool
from app.engine.loads.load_source import SourceResult, load_source
from app.engine.loads.sources.csv_file import TextFile
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from tests.support.history_server import TODAY

HISTORY = Path("config/history/us-equities-daily.csv.gz")
HEADER = "symbol,date,open,high,low,close,volume"


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
