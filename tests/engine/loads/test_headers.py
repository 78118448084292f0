"""Column names of many programs: which are read, and which are ambiguous."""

from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from app.engine.loads.sources.files import open_source
from app.engine.loads.sources.source import UnreadableSource

ROW = {"symbol": "A", "open": "1", "high": "2", "low": "1", "close": "2", "volume": "5"}
LEVELS = ["Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume", f"Ticker{',A,B' * 5}", f"Date{',' * 10}"]


def times(tmp_path: Path, columns: dict[str, str]) -> list[str]:
    """What is read as the times of a file with these columns beside symbol, prices and volume."""
    row = columns | ROW
    (tmp_path / "bars.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    return [text for chunk in open_source(tmp_path / "bars.csv").chunks() for text in chunk.rows.times]


@pytest.mark.parametrize(
    ("columns", "read"),
    [
        ({"Date": "2024-03-05", "Time": "14:30"}, "2024-03-05 14:30"),
        ({"<DATE>": "20240305", "<TIME>": "143000"}, "20240305 143000"),
        ({"Date": "2024-03-05 00:00:00", "Time": "14:30"}, "2024-03-05 14:30"),
        ({"Time": "2024-03-05 14:30"}, "2024-03-05 14:30"),
        ({"Gmt time": "2024-03-05 14:30"}, "2024-03-05 14:30"),
        ({"": "2024-03-05"}, "2024-03-05"),
        ({"": "17", "Date": "2024-03-05"}, "2024-03-05"),
    ],
)
def test_date_and_time_may_be_one_column_or_two(columns: dict[str, str], read: str, tmp_path: Path) -> None:
    assert times(tmp_path, columns) == [read]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Date": "", "Timestamp": ""}, "the columns 'Date' and 'Timestamp' all say when; keep one, or Date with Time"),
        ({"Time": "", "Datetime": ""}, "the columns 'Time' and 'Datetime' all say when"),
        ({"Date": "", "Time": "", "t": ""}, "the columns 'Date' and 'Time' and 't' all say when"),
        ({"Date": "", "Day": ""}, "the columns 'Date' and 'Day' all say when"),
        ({"Date": "", " date": ""}, "the columns 'Date' and 'date' all say when"),
        ({"Date": "", "Ticker": ""}, "'Ticker' and 'symbol' mean the same; keep one of them"),
        ({"Date": "", "o": ""}, "'o' and 'open' mean the same; keep one of them"),
        ({"Date": "", "Close": ""}, "'Close' and 'close' mean the same; keep one of them"),
    ],
)
def test_two_columns_with_the_same_meaning_are_refused(columns: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match=words):
        times(tmp_path, columns)


@pytest.mark.parametrize("swapped", [False, True], ids=["price first", "symbol first"])
def test_wide_files_with_several_symbols_are_loaded_one_symbol_at_a_time(swapped: bool, tmp_path: Path) -> None:
    first, second, third = LEVELS
    lines = [second, first, third] if swapped else LEVELS
    (tmp_path / "bars.csv").write_text("\n".join([*lines, "2024-03-05,2,20,3,30,1,10,1.5,15,7,70"]) + "\n")

    rows = next(open_source(tmp_path / "bars.csv", "B").chunks()).rows

    assert [column[0] for column in rows] == [4, "B", "2024-03-05", "15", "30", "10", "20", "70"]
    with pytest.raises(UnreadableSource, match=r"holds 2 symbols side by side \(A, B\); say --symbol for one"):
        next(open_source(tmp_path / "bars.csv").chunks())
    with pytest.raises(UnreadableSource, match="holds nothing of 'C'; its symbols are A, B"):
        next(open_source(tmp_path / "bars.csv", "C").chunks())


def test_a_column_named_price_hides_no_rows(tmp_path: Path) -> None:
    lines = ["Price,Date,Open,High,Low,Close,Volume", *["1,2024-03-05,1,2,1,2,5"] * 3]
    (tmp_path / "bars.csv").write_text("\n".join(lines) + "\n")

    assert len(next(open_source(tmp_path / "bars.csv", "A").chunks()).rows.close) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "bars.csv",
            "date,open,high,low,close,volume,\n2024-03-05,1,2,1,2,5\n2024-03-06,1,2,1,2,5,\n2024-03-07,1,2,1,2\n",
        )
    ],
)
def test_a_trailing_delimiter_is_no_column(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    chunk = next(open_source(tmp_path / name, "A").chunks())

    assert chunk.rows.times == ["2024-03-05", "2024-03-06"]
    assert chunk.rejections == [(4, "5 fields instead of 7")]


PLAIN = {name: [float(text)] for name, text in ROW.items() if name != "symbol"}


@pytest.mark.parametrize(
    ("columns", "read"),
    [
        ({"Date": pa.array([date(2024, 3, 5)]), "Time": pa.array([time(14, 30)])}, "2024-03-05 14:30:00"),
        ({"Date": pa.array([datetime(2024, 3, 5)]), "Time": pa.array(["14:30"])}, "2024-03-05 14:30"),  # noqa: DTZ001
        ({"Date": pa.array(["20240305"]), "Time": pa.array(["143000"])}, "20240305 143000"),
    ],
    ids=["typed", "midnight", "text"],
)
def test_date_and_time_of_parquet_are_joined(columns: dict[str, pa.Array], read: str, tmp_path: Path) -> None:
    parquet.write_table(pa.table(columns | PLAIN), tmp_path / "bars.parquet")

    assert next(open_source(tmp_path / "bars.parquet", "A").chunks()).rows.times == [read]


def test_two_time_columns_of_parquet_are_refused(tmp_path: Path) -> None:
    table = pa.table({"Date": ["2024-03-05"], "Timestamp": ["2024-03-05 14:30"], **PLAIN})
    parquet.write_table(table, tmp_path / "bars.parquet")

    with pytest.raises(UnreadableSource, match="'Date' and 'Timestamp' all say when"):
        next(open_source(tmp_path / "bars.parquet", "A").chunks())


@pytest.mark.parametrize(("kind", "price"), [(pa.float32(), "101.13"), (pa.float16(), "101.125")])
def test_narrow_floats_of_parquet_are_read_as_the_shortest_decimal(
    kind: pa.DataType, price: str, tmp_path: Path
) -> None:
    close = pa.array([float(price)]).cast(kind)
    parquet.write_table(pa.table({"Date": ["2024-03-05"], **PLAIN, "close": close}), tmp_path / "bars.parquet")

    assert next(open_source(tmp_path / "bars.parquet", "A").chunks()).rows.close == [price]


def test_rows_of_other_symbols_are_left_out_in_every_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.loads.sources.csv_file.CHUNK", 2)
    lines = [f"{symbol},2024-03-0{day},1,2,1,2,5" for day in (1, 2, 3) for symbol in ("A", "AA", " B")]
    (tmp_path / "bars.csv").write_text("\n".join(["symbol,date,open,high,low,close,volume", *lines]) + "\n")

    chunks = list(open_source(tmp_path / "bars.csv", "B").chunks())

    assert [number for chunk in chunks for number in chunk.rows.numbers] == [4, 7, 10]
    assert [chunk.reached for chunk in chunks] == [2, 4, 6, 8, 9]
    with pytest.raises(UnreadableSource, match="has no row of 'b'; its column of symbols says A, AA, B"):
        list(open_source(tmp_path / "bars.csv", "b").chunks())
