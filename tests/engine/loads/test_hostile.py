"""Hostile and malformed files, lists and provider answers."""

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import asyncpg
import pytest
from quart import Response

from app.db.pools import Pool
from app.engine.jobs.plan import read_symbol_list
from app.engine.loads.load_source import SourceResult, load_source
from app.engine.loads.providers.massive.provider import MassiveHistory
from app.engine.loads.providers.provider import DateRange, HistoryClient, ProviderUnreachable
from app.engine.loads.providers.request_pace import Stopped
from app.engine.loads.providers.rest import Patience
from app.engine.loads.sources import csv_file
from app.engine.loads.sources.csv_file import TextFile
from app.engine.loads.sources.files import open_source
from app.engine.loads.sources.source import UnreadableSource
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from tests.support.bar_files import HEADER, load_file, write_csv
from tests.support.history_server import KEY, TODAY, Massive, bar, speaking

GOOD = "AAPL,2012-09-04,1,2,1,2,5"
DAY = DateRange(date(2026, 9, 4), date(2026, 9, 8))


async def checked(path: Path, timeframe: str = "daily") -> SourceResult:
    return await load_source(open_source(path), LOAD_TIMEFRAMES[timeframe], None, TODAY)


@pytest.mark.parametrize(
    "row",
    [
        "IBM,2012-09-04,9999999999.99999,9999999999.99999,1,2,5",
        f"IBM,2012-09-04,1.{'0' * 20_000},2,1,2,5",
        f"IBM,2012-09-04,{'0' * 40_000}1,2,1,2,5",
        f"IBM,2012-09-04,1,2,1,2,{'0' * 30_000}5",
        "IBM,2012-09-04,1,2,1,2,9007199254740993",
        "IBM,2012-09-04,1e-400,2,1,2,5",
        "IBM,2012-09-04,inf,inf,1,2,5",
        "IBM,2012-09-04,nan,nan,nan,nan,nan",
        "IBM,2012-09-04,1,2,1,2,-5",
        "IBM,2012-09-04,1,2,1,2,1e999",
        "IBM\\.,2012-09-04,1,2,1,2,5",
        "IBM\x00,2012-09-04,1,2,1,2,5",
        '"IBM\n,2012-09-04,1,2,1,2,5',
        "IBM,9999-12-31T23:59:59-23:59,1,2,1,2,5",
        "IBM,0001-01-01T00:00:00+23:59,1,2,1,2,5",
        "IBM,99999999999999999999,1,2,1,2,5",
    ],
    ids=["rounds up", "digits", "zeros", "volume zeros", "volume", "tiny", "inf", "nan", "negative", "huge", "dot",
         "nul", "quote", "last", "first", "epoch"],
)  # fmt: skip
async def test_a_malformed_row_is_rejected_alone(
    row: str, pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    await load_file(pool, write_csv(tmp_path / "a.csv", [GOOD, row, GOOD.replace("AAPL", "KO")]))

    rows = await link.fetch("select symbol from ohlcv_daily where symbol in ('AAPL', 'KO') order by 1")
    assert [each["symbol"] for each in rows] == ["AAPL", "KO"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("1346767800", "2012-09-04 14:10:00"),
        ("1346767800000", "2012-09-04 14:10:00"),
        ("1346767800000000", "2012-09-04 14:10:00"),
        ("1346767800000000000", "2012-09-04 14:10:00"),
        ("1346767800000000001", ""),
    ],
    ids=["s", "ms", "us", "ns", "odd ns"],
)
async def test_epoch_times_in_seconds_to_nanoseconds_are_read_exactly(
    at: str, expected: str, pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    await load_file(pool, write_csv(tmp_path / "a.csv", [f"IBM,{at},1,2,1,2,5"]), "1min")

    timestamp = await link.fetchval("select timestamp at time zone 'UTC' from ohlcv_1min")
    assert str(timestamp or "") == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n \n",
        b"x" * 300_000,
        b'"' + b"x" * 300_000 + b'",symbol,date,open,high,low,close,volume\n' + GOOD.encode(),
        HEADER.replace(",", "\r").encode(),
        HEADER.encode("utf-16"),
        gzip.compress(b""),
        gzip.compress(HEADER.encode())[:-3],
        gzip.compress(b"\0" * 30_000_000),
        b"PAR1",
        b"PAR1" + b"\xff" * 4096 + b"PAR1",
    ],
    ids=["empty", "blank", "no header", "long field", "macintosh", "utf-16", "empty gz", "cut gz", "bomb", "magic",
         "no parquet"],
)  # fmt: skip
async def test_a_file_of_another_kind_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    with pytest.raises(UnreadableSource, match=r"^a\.csv: [^\n]{5,400}$"):
        await checked(path)


async def test_directories_and_missing_files_are_refused_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(UnreadableSource, match="cannot be opened"):
            await checked(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-8"])
async def test_headers_of_any_program_are_read(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        f"Symbol;DATE; Open ;High;Low;Close;Volume;Größe\r\n{GOOD.replace(',', ';')};x\r\n".encode(encoding)
    )

    done = await checked(path)

    assert (done.good_rows, done.rejected_rows) == (1, 0)


def blank_file(folder: Path, blank_lines: int) -> Path:
    """These lines between a header and one good row."""
    path = folder / "a.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode() + b"\n" * blank_lines + GOOD.encode()))
    return path


async def peak_memory(path: Path) -> int:
    """The most bytes that reading the file holds at once."""
    tracemalloc.start()
    try:
        assert (await checked(path)).good_rows == 1
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_a_decompression_bomb_of_blank_lines_is_read_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "BLOCK", 1 << 15)

    few, many = await peak_memory(blank_file(tmp_path, 60_000)), await peak_memory(blank_file(tmp_path, 300_000))

    assert many < few * 1.2


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("symbol\nBCPC\n AAPL \nBCpC\nBCPC\n", ("BCPC", "AAPL", "BCpC")),
        ("\ufeffname,ticker\r\nApple,AAPL\r\n", ("AAPL",)),
        ("IBM\n\n\nAAPL", ("IBM", "AAPL")),
    ],
    ids=["both cases", "excel", "no header"],
)
def test_lists_of_symbols_are_read(text: str, symbols: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text, newline="")

    assert read_symbol_list(tmp_path / "list.csv") == symbols


@pytest.mark.parametrize(
    "text",
    ["symbol\nAPPLE INC\n", "symbol\nA\x00B\n", "x" * 200_000, "symbol\n'; drop table symbols\n"],
    ids=["name", "nul", "long", "sql"],
)
def test_a_list_of_something_other_than_symbols_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text)

    with pytest.raises(UnreadableSource, match=r"^list\.csv: "):
        read_symbol_list(tmp_path / "list.csv")


async def test_two_loaders_of_the_same_file_store_it_once(pool: Pool, link: asyncpg.Connection, tmp_path: Path) -> None:
    lines = [f"S{at % 500},2012-{1 + at // 14_000:02}-{1 + at // 500 % 28:02},1,9,1,2,{at}" for at in range(45_000)]
    path = write_csv(tmp_path / "a.csv", lines)

    done = await asyncio.gather(load_file(pool, path), load_file(pool, path))

    assert {each.status for each in done} == {"completed"}
    rows = await link.fetch("select symbol, date::text, volume from ohlcv_daily")
    last = {tuple(line.split(",")[:2]): int(line.rpartition(",")[2]) for line in lines}
    assert {(row["symbol"], row["date"]): row["volume"] for row in rows} == last
    assert await link.fetchval("select count(*) from data_load_parts") == 0


@pytest.fixture
async def massive() -> AsyncIterator[Massive]:
    async with speaking() as server:
        server.bars = {"AAPL": [bar("2026-09-04", 100.0), bar("2026-09-08", 101.0)]}
        yield server


async def request_status(client: HistoryClient) -> int:
    return len([batch async for batch in client.bars("AAPL", LOAD_TIMEFRAMES["daily"], DAY)])


@pytest.mark.parametrize("at", [10**17, 10**19, -(10**15)])
async def test_a_provider_bar_with_an_impossible_time_is_rejected_alone(massive: Massive, at: int) -> None:
    answer = {"results": [bar("2026-09-04", 100.0), bar("2026-09-08", 101.0) | {"t": at}]}
    massive.trouble.append(Response(json.dumps(answer)))
    client = MassiveHistory(massive.url, KEY, 60_000).connect()

    (batch,) = [batch async for batch in client.bars("AAPL", LOAD_TIMEFRAMES["daily"], DAY)]
    await client.close()

    assert batch.reached == date(2026, 9, 4)
    assert list(batch.rows.numbers) == [1]
    assert [(record.kind, record.number, str(at) in record.reason) for record in batch.bad] == [("bar", 2, True)]


@asynccontextmanager
async def dripping() -> AsyncIterator[str]:
    """A server whose answer never ends, a byte at a time."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_an_endless_answer_of_the_provider_is_given_up() -> None:
    async with dripping() as url:
        client = MassiveHistory(url, KEY, 60_000, Patience(unanswered=0.5, first_wait=0.01, whole=0.2)).connect()
        async with asyncio.timeout(15):
            with pytest.raises(ProviderUnreachable, match="does not answer"):
                await request_status(client)
        await client.close()


async def test_a_load_can_be_cancelled_in_the_middle_of_an_answer() -> None:
    stop = asyncio.Event()
    async with dripping() as url:
        client = MassiveHistory(url, KEY, 60_000).connect(stop)
        task = asyncio.create_task(request_status(client))
        while not client.requests:
            await asyncio.sleep(0.01)
        stop.set()
        async with asyncio.timeout(15):
            with pytest.raises(Stopped):
                await task
        await client.close()


def test_identifying_a_missing_text_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="no such file"):
        TextFile(tmp_path / "none.csv").identity()
