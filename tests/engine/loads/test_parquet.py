import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pyarrow as pa
import pytest
from pyarrow import parquet

from app.db.pools import Pool
from app.engine.loads.load_source import SourceResult, load_source
from app.engine.loads.sources.files import open_source
from app.engine.loads.sources.source import UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from tests.support.bar_files import checksum, load_file, write_csv
from tests.support.history_server import TODAY

DAYS = [date(2012, 9, day) for day in (4, 5, 6)]
COLUMNS = {
    "ticker": ["A", "A", "B"],
    "date": DAYS,
    "open": [1.25, 1.5, 9.0],
    "high": [2.0, 1.75, 9.5],
    "low": [1.0, 1.5, 8.75],
    "close": [1.5, 1.5, 9.25],
    "volume": [100, 200, 300],
}


async def read(pool: Pool, path: Path, timeframe: str = "daily") -> SourceResult:
    writer = BarWriter(pool, LOAD_TIMEFRAMES[timeframe])
    await writer.open()
    return await load_source(open_source(path), LOAD_TIMEFRAMES[timeframe], writer, TODAY)


async def test_parquet_and_csv_of_the_same_bars_store_the_same(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    parquet.write_table(pa.table(COLUMNS), tmp_path / "bars.parquet")
    rows = zip(*COLUMNS.values(), strict=True)
    text = write_csv(tmp_path / "bars.csv", [",".join(map(str, row)) for row in rows])

    outcome = await read(pool, tmp_path / "bars.parquet")
    binary = await checksum(link)
    await link.execute("truncate ohlcv_daily")
    await load_file(pool, text)

    assert (outcome.status, outcome.new_bars) == ("completed", 3)
    assert binary == await checksum(link)


async def test_bad_parquet_rows_are_reported_by_number(pool: Pool, tmp_path: Path) -> None:
    table = pa.table(COLUMNS | {"low": [1.0, None, 8.75], "close": [1.5, 1.5, float("nan")]})
    parquet.write_table(table, tmp_path / "bars.parquet")

    outcome = await read(pool, tmp_path / "bars.parquet")

    assert outcome.rejections == ((2, "low: '' is no number"), (3, "close: 'nan' is no number"))
    assert outcome.new_bars == 1


async def test_parquet_timestamps_keep_their_zone(pool: Pool, link: asyncpg.Connection, tmp_path: Path) -> None:
    times = pa.array(
        [datetime(2012, 9, 4, 13, minute, tzinfo=UTC) for minute in (30, 31, 32)], pa.timestamp("ns", "UTC")
    )
    parquet.write_table(pa.table(COLUMNS | {"date": times}), tmp_path / "bars.parquet")

    await read(pool, tmp_path / "bars.parquet", "1min")

    assert await link.fetchval("select min(timestamp) from ohlcv_1min") == datetime(2012, 9, 4, 13, 30, tzinfo=UTC)


async def test_a_truncated_file_is_refused_in_one_line(pool: Pool, tmp_path: Path) -> None:
    parquet.write_table(pa.table(COLUMNS), tmp_path / "whole.parquet")
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-20])

    with pytest.raises(UnreadableSource, match=r"torn\.parquet: cannot be read to its end"):
        await read(pool, tmp_path / "torn.parquet")


async def test_without_pyarrow_the_error_says_what_to_install(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet.write_table(pa.table(COLUMNS), tmp_path / "bars.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(UnreadableSource, match=r"install tickstock\[parquet\]"):
        await read(pool, tmp_path / "bars.parquet")


MINUTE = datetime(2012, 9, 4, 9, 30, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    "changed",
    [
        {"ticker": pa.array([b"A", b"A", b"B"])},
        {"ticker": pa.array(["A", "A", "B"]).dictionary_encode()},
        {"open": pa.array([Decimal("1.25"), Decimal("1.5"), Decimal("9E+0")])},
        {"volume": pa.array([100.0, 200.4, 300.0])},
        {"date": pa.array([MINUTE] * 3, pa.timestamp("ns", "America/New_York")).cast(pa.int64())},
        {"date": pa.array([MINUTE] * 3, pa.timestamp("ns", "America/New_York"))},
        {"date": pa.array([MINUTE.astimezone(UTC).replace(tzinfo=None)] * 3, pa.timestamp("us"))},
    ],
    ids=["bytes", "dictionary", "decimal", "parts of shares", "ns as numbers", "ns in a zone", "no zone"],
)
async def test_columns_of_odd_types_are_read(changed: dict[str, pa.Array], tmp_path: Path) -> None:
    parquet.write_table(pa.table({**COLUMNS, **changed}), tmp_path / "bars.parquet")

    done = await load_source(open_source(tmp_path / "bars.parquet"), LOAD_TIMEFRAMES["daily"], None, TODAY)

    assert (done.good_rows, done.rejected_rows, done.symbols) == (3, 0, {"A", "B"})


async def test_nanoseconds_are_truncated(pool: Pool, link: asyncpg.Connection, tmp_path: Path) -> None:
    start = int(MINUTE.timestamp()) * 10**9
    times = pa.array([start, start + 60 * 10**9 + 1, start + 120 * 10**9], pa.timestamp("ns", "America/New_York"))
    parquet.write_table(pa.table({**COLUMNS, "date": times}), tmp_path / "bars.parquet")

    await read(pool, tmp_path / "bars.parquet", "1min")

    rows = await link.fetch("select timestamp at time zone 'UTC' from ohlcv_1min order by 1")
    assert [str(row[0]) for row in rows] == [f"2012-09-04 13:{minute}:00" for minute in (30, 31, 32)]


async def test_columns_that_are_no_bars_are_refused(tmp_path: Path) -> None:
    path, twice = tmp_path / "lists.parquet", tmp_path / "twice.parquet"
    parquet.write_table(pa.table({**COLUMNS, "open": [[1], [2], None]}), path)
    columns = pa.table(COLUMNS)
    parquet.write_table(columns.append_column("open", columns["open"]), twice)

    done = await load_source(open_source(path), LOAD_TIMEFRAMES["daily"], None, TODAY)

    assert (done.good_rows, done.rejected_rows) == (0, 3)
    with pytest.raises(UnreadableSource, match="two columns are called 'open'"):
        await load_source(open_source(twice), LOAD_TIMEFRAMES["daily"], None, TODAY)
