"""CSV tables."""

import csv
from io import StringIO

import pytest

from app.web.formats import csv_table, harmless


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
