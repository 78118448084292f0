"""Tables as CSV, JSON and aligned text."""

import csv
import json
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.web.formats import ColumnKind, TableColumn, TableDocument, TableFormat, csv_table, harmless, render

COLUMNS = (
    TableColumn("time", "Time", ColumnKind.TIME),
    TableColumn("symbol", "Symbol"),
    TableColumn("volume", "Volume", ColumnKind.NUMBER, "shares"),
    TableColumn("expired", "Expired", ColumnKind.FLAG),
)
AT = 1346419800.0  # 31 Aug 2012, 09:30 EDT


def document(*rows: tuple[Any, ...], following: str = "") -> TableDocument:
    return TableDocument("quotes", COLUMNS, rows, "America/New_York", AT + 60, following)


def text(table: TableDocument, kind: TableFormat) -> str:
    return render(table, kind).decode()


def test_the_first_line_of_a_csv_table_names_units_zone_and_as_of() -> None:
    lines = text(document((AT, "BF/B", -5, True), (None, "=1+1", float("nan"), False)), TableFormat.CSV).split("\r\n")

    assert lines == [
        "time (America/New_York),symbol,volume (shares),expired,as_of (America/New_York)",
        "2012-08-31T09:30:00.000-04:00,BF/B,-5,yes,2012-08-31T09:31:00.000-04:00",
        ",'=1+1,,no,2012-08-31T09:31:00.000-04:00",
        "",
    ]


def test_a_json_table_has_rows_of_values_and_describes_its_columns() -> None:
    table = json.loads(render(document((AT, "BRK.B", 1.5, False), (None, None, float("inf"), None)), TableFormat.JSON))

    assert (table["zone"], table["as_of"], table["next"]) == ("America/New_York", "2012-08-31T09:31:00.000-04:00", None)
    assert table["columns"][2] == {"name": "volume", "label": "Volume", "kind": "number", "unit": "shares"}
    assert table["rows"] == [
        {"time": "2012-08-31T09:30:00.000-04:00", "symbol": "BRK.B", "volume": 1.5, "expired": False},
        {"time": None, "symbol": None, "volume": None, "expired": None},
    ]


def test_columns_of_text_are_aligned_also_with_wide_letters() -> None:
    printed = text(document((AT, "\u8cb4\u5dde", 1_234_567, True), (None, "X:BTCUSD", 5, False)), TableFormat.TEXT)

    assert printed.split("\n") == [
        "Time                           Symbol    Volume, shares  Expired",
        "2012-08-31T09:30:00.000-04:00  \u8cb4\u5dde             1234567  yes",
        "-                              X:BTCUSD               5  no",
        "",
        "2 rows as of 2012-08-31T09:31:00.000-04:00, times are those of America/New_York",
        "",
    ]


def test_text_has_nothing_that_a_terminal_obeys() -> None:
    printed = text(document((AT, "\x1b[2J\u202e\n\x07evil", 1, None), following="after=B"), TableFormat.TEXT)

    assert all(letter == "\n" or letter.isprintable() for letter in printed)
    assert printed.count("\n") == 5
    assert "more: ?after=B" in printed


def test_a_table_without_rows_keeps_its_columns() -> None:
    assert text(document(), TableFormat.CSV).startswith("time (America/New_York),symbol,")
    assert text(document(), TableFormat.TEXT).startswith("Time  Symbol  Volume, shares  Expired\n\n0 rows")
    assert json.loads(render(document(), TableFormat.JSON))["rows"] == []


@given(st.lists(st.tuples(st.floats(), st.text(), st.floats() | st.integers(), st.none() | st.booleans())))
def test_any_values_are_written_in_every_format(rows: list[tuple[Any, ...]]) -> None:
    table = document(*rows)
    lines = text(table, TableFormat.TEXT).split("\n")

    assert len(lines) == len(rows) + 4
    assert len(json.loads(render(table, TableFormat.JSON))["rows"]) == len(rows)
    assert len(list(csv.reader(StringIO(text(table, TableFormat.CSV), newline="")))) == len(rows) + 1
    ends = {cell_len(line[: line.rindex("  ")]) for line in lines[1 : len(rows) + 1]}
    assert len(ends) <= 1


def test_a_csv_table_has_a_header_and_ends_its_lines_as_rfc_4180_says() -> None:
    assert csv_table(("symbol", "name"), [("BRK.B", 'Berkshire "B", class'), ("BF/B", None)]) == (
        'symbol,name\r\nBRK.B,"Berkshire ""B"", class"\r\nBF/B,\r\n'
    )


def test_numbers_stay_numbers_in_a_csv_table() -> None:
    """A negative one too, although a text that begins with a minus is made harmless."""
    table = csv_table(("value",), [(-1.5,), (1_234_567,), (float("nan"),), (float("inf"),), ("-1.5",)])

    assert [row[0] for row in csv.reader(StringIO(table))] == ["value", "-1.5", "1234567", "", "", "'-1.5"]


@pytest.mark.parametrize("text", ["", "a, b", "1-2", "a@b.c", "31 Aug 2012, 14:31 EDT"])
def test_a_text_that_no_spreadsheet_calculates_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", " =1", "a;=1", "\uff1d1"])
def test_a_formula_becomes_text(text: str) -> None:
    assert "'" in harmless(text)
