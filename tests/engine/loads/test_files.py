import asyncio
import gzip
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.loads.load_source import load_source
from app.engine.loads.sources import source
from app.engine.loads.sources.csv_file import LONGEST_LINE, TextFile
from app.engine.loads.sources.source import UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from app.finance import history
from tests.support.bar_files import HISTORY, checksum, load_file, write_csv
from tests.support.history_server import TODAY


async def test_the_shipped_history_is_stored_exactly(pool: Pool, link: asyncpg.Connection) -> None:
    outcome = await load_file(pool, HISTORY)

    bars = history.read(HISTORY)
    rows = await link.fetch("select symbol, date, open, high, low, close, volume from ohlcv_daily order by 1, 2")
    prices = [(row[0], row[1], *map(float, row[2:])) for row in rows]
    assert prices == [(bar.symbol, bar.day, *bar[3:8]) for bar in bars]
    assert (outcome.status, outcome.new_bars, outcome.rejected_rows, len(outcome.symbols)) == (
        "completed",
        len(bars),
        0,
        5,
    )
    assert await link.fetchval("select count(*) from symbols") == 5


async def test_loading_twice_changes_nothing(pool: Pool, link: asyncpg.Connection) -> None:
    await load_file(pool, HISTORY)
    before = await checksum(link)

    again = await load_file(pool, HISTORY)

    assert await checksum(link) == before
    assert (again.new_bars, again.resumed) == (0, 0)
    log = await link.fetch(
        "select load_status, ohlcv_records_loaded, symbols_loaded, symbols_updated from symbol_load_log order by id"
    )
    assert [tuple(row) for row in log] == [("completed", before[0], 5, 0), ("completed", 0, 0, 5)]
    assert await link.fetchval("select count(*) from data_load_parts") == 0


async def test_bad_rows_are_named_by_line_and_the_rest_is_loaded(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    lines = [
        "AAPL,2012-09-04,665.76,675.14,664.5,674.97,13139000",
        "AAPL,2012-09-05,675.57,670,676.35,670.23,12013400",
        "AAPL,2012-09-06,677,678,670,x,1",
        "AAPL,2012-13-06,677,678,670,673,1",
        "AAPL,2012-09-07",
        "",
        "AA PL,2012-09-07,677,678,670,673,1",
        "AAPL,2012-09-10,677,678,670,673,-1",
        "AAPL,2012-09-11,679,678,670,673,1",
        "AAPL,2999-09-11,677,678,670,673,1",
        "AAPL,2012-09-12,0,678,0,673,1",
        "AAPL,2012-09-13,inf,inf,1,1,1",
        "MSFT,2012-09-04,30.45,30.66,30.15,30.39,4.8556e7",
    ]

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", lines))

    assert outcome.status == "completed_with_errors"
    assert outcome.rejections == (
        (3, "high '670' is below low '676.35'"),
        (4, "close: 'x' is no number"),
        (5, "time: '2012-13-06' does not exist"),
        (6, "2 fields instead of 7"),
        (8, "symbol: 'AA PL' is none"),
        (9, "volume: '-1' is negative"),
        (10, "open '679' is not between low '670' and high '678'"),
        (11, "time: '2999-09-11' lies before 1900 or in the future"),
        (12, "open: '0' is not between 0.0001 and 1e+10"),
        (13, "open: 'inf' is no number"),
    )
    rows = await link.fetch("select symbol, close, volume from ohlcv_daily order by 1")
    assert [(row[0], float(row[1]), row[2]) for row in rows] == [("AAPL", 674.97, 13139000), ("MSFT", 30.39, 48556000)]
    assert (outcome.rows, outcome.good_rows, outcome.rejected_rows) == (12, 2, 10)


async def test_the_last_of_two_rows_with_one_key_is_stored(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.loads.sources.csv_file.CHUNK", 2)
    lines = [f"A,2012-09-0{day},1,2,1,1.{number},{number}" for number, day in enumerate((4, 4, 5, 4, 5))]

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", lines))

    rows = await link.fetch("select date, close, volume from ohlcv_daily order by 1")
    assert [(str(row[0]), float(row[1]), row[2]) for row in rows] == [("2012-09-04", 1.3, 3), ("2012-09-05", 1.4, 4)]
    assert (outcome.good_rows, outcome.duplicates) == (5, 3)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("ticker,t,o,h,l,c,v", "A,1346716800000,1,2,0.5,1.5,7"),
        ("Symbol;Date;Open;High;Low;Close;Volume", "A;20120904;1;2;0.5;1.5;7"),
        ("volume\tsymbol\tvw\ttimestamp\thigh\tlow\topen\tclose", "7\tA\t9\t2012-09-04T00:00:00Z\t2\t0.5\t1\t1.5"),
        ('"symbol","date","open","high","low","close","volume"', '"A","2012-09-04","1","2","0.5","1.5","7"'),
        ("\ufeffsymbol,date,open,high,low,close,volume\r", "A,2012-09-04 00:00:00, 1,2,.5,1.5,7.2\r"),
    ],
    ids=["short", "semicolons", "tabs", "quoted", "windows"],
)
async def test_many_csv_dialects_are_read(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path, header: str, line: str
) -> None:
    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", [line], header))

    row = await link.fetchrow("select symbol, date::text, open, high, low, close, volume from ohlcv_daily")
    assert outcome.rejections == ()
    assert row is not None
    assert (row[0], row[1], *map(float, row[2:])) == ("A", "2012-09-04", 1, 2, 0.5, 1.5, 7)


@pytest.mark.parametrize(
    ("timeframe", "moment", "timestamp"),
    [
        ("1min", "2012-09-04T09:30:00-04:00", "2012-09-04 13:30:00+00"),
        ("hourly", "1346767200", "2012-09-04 14:00:00+00"),
        ("daily", "2012-09-04T23:30:00-04:00", "2012-09-04"),
        ("weekly", "2012-09-07", "2012-09-03"),
        ("monthly", "2012-09-28", "2012-09-01"),
    ],
)
async def test_timestamps_are_utc_and_dated_bars_keep_their_written_day(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path, timeframe: str, moment: str, timestamp: str
) -> None:
    await link.execute("set timezone = 'UTC'")

    await load_file(pool, write_csv(tmp_path / "bars.csv", [f"A,{moment},1,2,1,1,5"]), timeframe)

    frame = LOAD_TIMEFRAMES[timeframe]
    assert await link.fetchval(f"select {frame.key}::text from {frame.table}") == timestamp


async def test_a_file_without_symbols_is_loaded_under_the_given_symbol(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "bars.csv", ["2012-09-04,1,2,1,1,5"], "date,open,high,low,close,volume")

    with pytest.raises(UnreadableSource, match="no column for symbol"):
        await load_file(pool, path)
    await load_file(pool, path, symbol="IBM")

    assert await link.fetchval("select symbol from ohlcv_daily") == "IBM"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds nothing"),
        (b"\n\n", "holds nothing"),
        (b"symbol,date\nA,1\n", "no column for open, high, low, close, volume"),
        (gzip.compress(b"symbol,date,open,high,low,close,volume\nA,2012-09-04,1,1,1,1,1\n")[:-12], "to its end"),
        (b"\x1f\x8b\x00garbage", "to its end"),
    ],
    ids=["empty", "blank", "columns", "torn", "no-gzip"],
)
async def test_a_file_without_bars_is_refused_in_one_line(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bars.csv").write_bytes(content)

    with pytest.raises(UnreadableSource, match=reason):
        await load_file(pool, tmp_path / "bars.csv")

    with pytest.raises(UnreadableSource, match="no such file"):
        await load_file(pool, tmp_path / "nothing.csv")


async def test_an_overlong_line_is_rejected_alone(pool: Pool, tmp_path: Path) -> None:
    lines = ["A,2012-09-04,1,1,1,1,1", "x" * (40 * LONGEST_LINE), "A,2012-09-05,1,1,1,1,1"]

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", lines))

    assert outcome.good_rows == 2
    assert [(refusal.number, refusal.reason[:6]) for refusal in outcome.rejections] == [(3, "longer")]


async def test_a_cancelled_load_resumes_where_it_stopped(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.loads.sources.csv_file.CHUNK", 10)
    path = write_csv(tmp_path / "bars.csv", [f"S{number:03},2012-09-04,1,2,1,1,{number}" for number in range(95)])
    writer, stop = BarWriter(pool, LOAD_TIMEFRAMES["daily"]), asyncio.Event()
    await writer.open()

    off = await load_source(
        TextFile(path),
        LOAD_TIMEFRAMES["daily"],
        writer,
        TODAY,
        lambda progress: progress.good_rows == 30 and stop.set(),
        stop,
    )
    on = await load_file(pool, path)

    assert (off.status, off.new_bars) == ("cancelled", 30)
    assert (on.status, on.new_bars, on.resumed, on.good_rows) == ("completed", 65, 30, 95)
    assert (await checksum(link))[0] == 95


async def test_a_changed_file_is_loaded_from_its_beginning(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.loads.sources.csv_file.CHUNK", 1)
    path = write_csv(tmp_path / "bars.csv", ["A,2012-09-04,1,2,1,1,1", "B,2012-09-04,1,2,1,1,1"])
    writer, stop = BarWriter(pool, LOAD_TIMEFRAMES["daily"]), asyncio.Event()
    await writer.open()
    await load_source(TextFile(path), LOAD_TIMEFRAMES["daily"], writer, TODAY, lambda _: stop.set(), stop)
    write_csv(path, ["A,2012-09-04,1,2,1,2,1", "B,2012-09-04,1,2,1,1,1"])

    outcome = await load_file(pool, path)

    assert outcome.resumed == 0
    assert float(await link.fetchval("select close from ohlcv_daily where symbol = 'A'")) == 2


async def test_a_dry_run_checks_and_stores_nothing(link: asyncpg.Connection) -> None:
    outcome = await load_source(TextFile(HISTORY), LOAD_TIMEFRAMES["daily"], None, TODAY)

    assert (outcome.good_rows, outcome.new_bars) == (12_154, 0)
    assert await link.fetchval("select count(*) from ohlcv_daily") == 0


def test_chunk_sizes_do_not_depend_on_the_read_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(tmp_path / "bars.csv", [f"S{number},2012-09-04,1,2,1,1,1" for number in range(1000)])
    chunks = []
    for block in (7, 1000, 1 << 20):
        monkeypatch.setattr("app.engine.loads.sources.csv_file.BLOCK", block)
        monkeypatch.setattr("app.engine.loads.sources.csv_file.CHUNK", 300)
        chunks.append([(chunk.rows, chunk.reached) for chunk in TextFile(path).chunks()])

    assert chunks[0] == chunks[1] == chunks[2]
    assert [reached for _, reached in chunks[0]] == [300, 600, 900, 1000]
    assert source.CHUNK > 1000


async def test_foreign_tables_get_bars_and_no_progress_records(pool: Pool, link: asyncpg.Connection) -> None:
    await link.execute("drop table data_load_parts, data_load_jobs, symbol_load_log, splits, dividends")

    first, again = await load_file(pool, HISTORY), await load_file(pool, HISTORY)

    assert (first.new_bars, again.new_bars) == (12_154, 0)


async def test_a_table_without_a_unique_key_gets_no_bars(pool: Pool, link: asyncpg.Connection) -> None:
    await link.execute("alter table ohlcv_daily drop constraint ohlcv_daily_pkey")

    with pytest.raises(UnreadableSource, match="not unique by symbol and date"):
        await load_file(pool, HISTORY)

    await link.execute("alter table ohlcv_daily drop column volume")
    with pytest.raises(UnreadableSource, match="lacks volume"):
        await load_file(pool, HISTORY)


async def test_a_load_waits_for_a_row_that_another_transaction_writes(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "bars.csv", ["A,2012-09-04,1,2,1,1,5"])
    await load_file(pool, path)
    write_csv(path, ["A,2012-09-04,1,2,1,2,6"])
    transaction = link.transaction()
    await transaction.start()
    await link.execute("update ohlcv_daily set volume = 7")

    loading = asyncio.create_task(load_file(pool, path))
    await asyncio.wait([loading], timeout=1.5)
    assert not loading.done()
    await transaction.commit()
    outcome = await loading

    assert outcome.status == "completed"
    assert await link.fetchval("select volume from ohlcv_daily") == 6
