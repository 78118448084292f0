"""Formats inferred from the whole file: the order of dates, the decimal sign, the length of bars."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from app.engine.loads.load_source import load_source
from app.engine.loads.sources.files import open_source
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.writer import BarWriter
from tests.support.bar_files import load_file, write_csv
from tests.support.history_server import TODAY

CHUNK = "app.engine.loads.sources.csv_file.CHUNK"
PRICES = "1,2,1,1,5"


async def bar_lines(link: asyncpg.Connection, columns: str = "date", table: str = "ohlcv_daily") -> list[str]:
    rows = await link.fetch(f"select concat_ws(' ', symbol, {columns}) as bar from {table} order by 1")
    return [row["bar"] for row in rows]


@pytest.mark.parametrize(
    ("dates", "read"),
    [
        (("03/05/2024", "03/13/2024"), ["A 2024-03-05", "A 2024-03-13"]),
        (("03/05/2024", "13/05/2024"), ["A 2024-05-03", "A 2024-05-13"]),
        (("03.05.2024", "31.12.2023"), ["A 2023-12-31", "A 2024-05-03"]),
        (("03/05/2024", "05/03/2024"), []),
        (("03/05/2024", "13/05/2024", "05/14/2024"), ["A 2024-05-13", "A 2024-05-14"]),
        (("05/05/2024",), ["A 2024-05-05"]),
    ],
    ids=["month first", "day first", "points", "no proof", "contradiction", "alike"],
)
async def test_the_date_order_is_inferred_from_the_whole_file(
    dates: tuple[str, ...], read: list[str], pool: Pool, link: asyncpg.Connection, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(CHUNK, 1)

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", [f"A,{day},{PRICES}" for day in dates]))

    assert await bar_lines(link) == read
    assert outcome.rejected_rows == len(dates) - len(read)
    assert all("could be two days" in refusal.reason for refusal in outcome.rejections)


@pytest.mark.parametrize(
    ("closes", "read"),
    [
        (("1,500", "1,5"), ["1.5000", "1.5000"]),
        (("1,500", "1.25"), ["1500.0000", "1.2500"]),
        (("1,5", "1.500"), ["1.5000", "1500.0000"]),
        (("1.500.000", "1.500"), ["1500000.0000", "1500.0000"]),
        (("1,500", "2,500,000"), ["1500.0000", "2500000.0000"]),
        (("1.234,5", "7"), ["1234.5000", "7.0000"]),
        (("$1,234.50", "7"), ["1234.5000", "7.0000"]),
        (("1,500", "1,250"), []),
        (("1,5", "1.25"), ["1.2500"]),
    ],
    ids=[
        "decimal",
        "thousands by a point",
        "decimal with points",
        "points",
        "thousands",
        "both",
        "dollars",
        "no proof",
        "mixed",
    ],
)
async def test_the_meaning_of_a_comma_is_inferred_from_the_whole_file(
    closes: tuple[str, ...], read: list[str], pool: Pool, link: asyncpg.Connection, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(CHUNK, 1)
    lines = [f"A;2024-03-0{at};{text};{text};{text};{text};5" for at, text in enumerate(closes, 1)]

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", lines, "symbol;date;open;high;low;close;volume"))

    rows = await link.fetch("select close::text from ohlcv_daily order by date")
    assert [row["close"] for row in rows] == read
    assert outcome.rejected_rows == len(closes) - len(read)
    assert all("is no number" in refusal.reason for refusal in outcome.rejections)


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
async def test_minutes_are_refused_as_daily_bars_wherever_a_chunk_ends(
    chunk: int, pool: Pool, link: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHUNK, chunk)
    lines = [
        f"A,2024-03-04 00:00,{PRICES}",
        f"A,2024-03-05 00:00,{PRICES}",
        f"A,2024-03-05 00:00:00+00,{PRICES}",
        f"A,2024-03-06 14:30,{PRICES}",
        f"B,2024-03-06 14:31,{PRICES}",
        f"A,2024-03-07 14:30,{PRICES}",
        f"A,2024-03-07 14:31,{PRICES}",
        f"A,2024-03-08 14:30,{PRICES}",
        f"A,2024-03-08 14:31,x{PRICES}",
    ]

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", lines))

    assert await bar_lines(link) == ["A 2024-03-04", "A 2024-03-05", "A 2024-03-06", "A 2024-03-08", "B 2024-03-06"]
    assert [number for number, reason in outcome.rejections if "several times of one day" in reason] == [7, 8]
    assert (outcome.good_rows, outcome.duplicates, outcome.rejected_rows) == (6, 1, 3)


@pytest.mark.parametrize(("timeframe", "table", "key"), [("weekly", "ohlcv_weekly", "week_start"),
                                                         ("monthly", "ohlcv_monthly", "month_start")])  # fmt: skip
async def test_days_are_refused_as_weeks_and_as_months(
    timeframe: str, table: str, key: str, pool: Pool, link: asyncpg.Connection, tmp_path: Path
) -> None:
    lines = [f"A,2024-03-05,{PRICES}", f"A,2024-03-06,{PRICES}", f"A,2024-04-05,{PRICES}"]

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", lines), timeframe)

    assert await bar_lines(link, key, table) == ["A 2024-04-01"]
    assert [number for number, _ in outcome.rejections] == [2, 3]


async def test_minutes_are_refused_as_hours(pool: Pool, link: asyncpg.Connection, tmp_path: Path) -> None:
    times = ("08:00", "09:00", "09:30", "10:30", "15:30", "16:00", "17:00", "17:15", "17:30", "17:45")
    lines = [f"A,2024-03-05 {at},{PRICES}" for at in times] + [f"B,2024-03-05 17:0{at},{PRICES}" for at in (1, 2)]

    outcome = await load_file(pool, write_csv(tmp_path / "bars.csv", lines), "hourly")

    rows = await link.fetch(
        "select to_char(timestamp at time zone 'UTC', 'HH24:MI') as at from ohlcv_hourly order by 1"
    )
    assert [row["at"] for row in rows] == [*times[:6], "17:01", "17:02"]
    assert [number for number, reason in outcome.rejections if "several times of one hour" in reason] == [8, 9, 10, 11]


async def test_a_stopped_load_does_not_resume_with_another_date_order(
    pool: Pool, link: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHUNK, 1)
    path = write_csv(tmp_path / "bars.csv", [f"A,03/05/2024,{PRICES}", f"A,03/06/2024,{PRICES}"])
    frame, stop = LOAD_TIMEFRAMES["daily"], asyncio.Event()
    writer = BarWriter(pool, frame)
    await writer.open()

    await load_source(open_source(path), frame, writer, TODAY, lambda _: stop.set(), stop, "mdy")
    other = await load_source(open_source(path), frame, writer, TODAY, order="dmy")
    same = await load_source(open_source(path), frame, writer, TODAY, order="mdy")

    assert (other.resumed, same.resumed) == (0, 1)
    assert await bar_lines(link) == ["A 2024-03-05", "A 2024-03-06", "A 2024-05-03", "A 2024-06-03"]
