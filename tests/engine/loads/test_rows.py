"""The column-wise checker agrees with a slow row-wise one."""

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.engine.loads.sources.checker import RowChecker, Rows
from app.engine.loads.sources.datetimes import DateOrder, InvalidTime
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES
from app.engine.loads.sources.times import TimeParser
from app.finance.symbols import is_symbol

UNTIL = date(2020, 1, 1)
Row = tuple[str, str, str, str, str, str, str]


def number(text: str) -> Fraction | None:
    """Exactly what is written, if it is one that PostgreSQL would take."""
    digits = text.strip()
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", digits):
        return None
    return Fraction(digits) if math.isfinite(float(digits)) else None


def good(row: Row) -> bool:
    symbol, day, *texts = row
    numbers = [number(text) for text in texts]
    if not (is_symbol(symbol.strip()) and len(symbol.strip()) <= 20) or None in numbers:
        return False
    try:
        at = date.fromisoformat(day) if re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII) else None
    except ValueError:
        return False
    open_price, high, low, close, volume = (each for each in numbers if each is not None)
    return (
        at is not None
        and date(1900, 1, 1) <= at <= UNTIL
        and all(Fraction("0.0001") <= price < 10**10 for price in (open_price, high, low, close))
        and all((price * 10**4).denominator == 1 for price in (open_price, high, low, close))
        and 0 <= volume <= 2**53
        and low <= min(open_price, close)
        and max(open_price, close) <= high
    )


prices = st.one_of(
    st.decimals(min_value=-1, max_value=300, places=4).map(str),
    st.sampled_from(
        [
            "",
            "1",
            "2",
            "+1",
            "1.",
            ".5",
            "1e2",
            "1E-4",
            "0.0001",
            "0.00009",
            "1.00005",
            "2.0001",
            "1e999",
            "inf",
            "nan",
            "1_0",
            "\u0661",
        ]
    ),
    st.text(max_size=5),
)
volumes = st.one_of(st.integers(-2, 2**53 + 1).map(str), st.sampled_from(["", "7.5", "1e6", "1e400", "x", "9" * 400]))
symbols = st.one_of(
    st.sampled_from(["A", "brk.b", " X:BTCUSD", "TEST_A", "BCPC", "BCpC", "..", "A" * 20, "A" * 21, "", "\u00c5"]),
    st.text(max_size=4),
)
days = st.one_of(
    st.dates(date(1899, 1, 1), date(2021, 1, 1)).map(str), st.sampled_from(["2012-02-30", "x", "", "2012-9-4"])
)
fine = st.tuples(
    st.sampled_from(["A", "B"]), st.dates(date(2000, 1, 1), date(2000, 1, 9)).map(str),
    *[st.sampled_from(["1", "2", "3"])] * 4, st.sampled_from(["0", "7"]),
)  # fmt: skip
wild = st.tuples(symbols, days, prices, prices, prices, prices, volumes)


@given(st.lists(st.one_of(fine, wild), max_size=30))
@example([("A", "2000-01-01", "1", "1", "1", "1", "1"), ("A", "2000-01-01", "1e-400", "1", "1", "1", "1")])
@settings(max_examples=300, deadline=None)
def test_checking_columns_equals_checking_rows(rows: list[Row]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(7)]

    checked = RowChecker(LOAD_TIMEFRAMES["daily"], UNTIL).check(Rows(range(2, len(rows) + 2), *columns))

    expected = [at for at, row in enumerate(rows) if good(row)]
    assert [refusal.number - 2 for refusal in checked.rejections] == sorted(set(range(len(rows))) - set(expected))
    assert checked.keys == [f"{rows[at][0].strip()},{rows[at][1]}" for at in expected]
    last = {key: rows[at] for key, at in zip(checked.keys, expected, strict=True)}
    checked_rows = {",".join(line.split(",")[:2]): line.split(",")[2:] for line in checked.lines}
    assert checked_rows.keys() == last.keys()
    for key, texts in checked_rows.items():
        assert [number(text) for text in texts[:4]] == [number(text) for text in last[key][2:6]]
        assert abs(Fraction(texts[4]) - (number(last[key][6]) or 0)) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012-09-04T09:30:00.000000000Z", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("2012-09-04 09:30+02:00", datetime(2012, 9, 4, 7, 30, tzinfo=UTC)),
        ("1346751000", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("1346751000000", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("2012-09-04 09:30", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("2012-09-04 09:30:00+00", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("2012-09-04 09:30:00-04", datetime(2012, 9, 4, 13, 30, tzinfo=UTC)),
        ("2012-09-04 15:00:00+05:30", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("2012.09.04 09:30:00", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("20120904 093000", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
        ("04-Sep-2012 9:30 PM", datetime(2012, 9, 4, 21, 30, tzinfo=UTC)),
        ("September 4, 2012 12:30 AM", datetime(2012, 9, 4, 0, 30, tzinfo=UTC)),
        ("25.12.2012 09:30:00.000 GMT+0100", datetime(2012, 12, 25, 8, 30, tzinfo=UTC)),
        ("12/25/2012 09:30 UTC", datetime(2012, 12, 25, 9, 30, tzinfo=UTC)),
        ("1346751000000.0", datetime(2012, 9, 4, 9, 30, tzinfo=UTC)),
    ],
)
def test_timestamps_are_read_in_many_notations(text: str, expected: datetime) -> None:
    assert TimeParser(LOAD_TIMEFRAMES["1min"], UNTIL).key(text) == expected.strftime("%Y-%m-%d %H:%M:00+00")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("09/04/2012 09:30", "could be two days: .* say --dates mdy or --dates dmy"),
        ("4.9.2012 09:30", "could be two days"),
        ("09/04/12 09:30", "is no date of the form"),
        ("09/04/12", "write years with four digits"),
        ("2012-09-04 0930", "write a time of day as 09:30 or 093000"),
        ("2012-09-04 09:30 EST", "write a zone as its offset"),
        ("2012-09-04 09:30 America/New_York", "write a zone as its offset"),
        ("41156", "a spreadsheet's number of a day"),
        ("2012-09-04", "has no time of day"),
        ("2012-09-04 24:00", "does not exist"),
        ("2012-09-04 13:30 PM", "does not exist"),
        ("31/04/2012 09:30", "does not exist"),
        ("1346751000.000000001", "is no whole minute"),
        ("2012-09-04T25:00:00", "does not exist"),
        ("2012-09-04T09:30:01", "is no whole minute"),
        ("2020-01-02 00:00", "in the future"),
        ("1899-12-31T23:59:00Z", "before 1900"),
        ("99999999999", "is no date of the form"),
        ("", "is no date of the form"),
    ],
)
def test_an_ambiguous_time_is_rejected(text: str, reason: str) -> None:
    with pytest.raises(InvalidTime, match=reason):
        TimeParser(LOAD_TIMEFRAMES["1min"], UNTIL).key(text)


@pytest.mark.parametrize(
    ("order", "expected"), [("mdy", "2012-04-09"), ("dmy", "2012-09-04"), (None, "")], ids=["mdy", "dmy", "not said"]
)
def test_an_ambiguous_date_follows_the_given_order(order: DateOrder | None, expected: str) -> None:
    assert TimeParser(LOAD_TIMEFRAMES["daily"], UNTIL, order).keys(["04/09/2012"]) == [expected]


@pytest.mark.parametrize(
    ("timeframe", "text", "expected"),
    [
        ("daily", "2012-09-04T00:00:00+09:00", "2012-09-04"),
        ("daily", "2012-09-04T23:30:00-04:00", "2012-09-04"),
        ("daily", "1346731200", "2012-09-04"),
        ("daily", "2020-01-01T00:00:00+09:00", "2020-01-01"),
        ("weekly", "2012-09-03 00:00:00+01:00", "2012-09-03"),
        ("weekly", "2012-09-02", "2012-09-03"),
        ("weekly", "2012-09-07", "2012-09-03"),
        ("weekly", "1346626800", "2012-09-03"),
        ("monthly", "2012-09-01 00:00:00+01:00", "2012-09-01"),
        ("monthly", "2012-09-28", "2012-09-01"),
    ],
)
def test_a_dated_bar_keeps_its_written_day(timeframe: str, text: str, expected: str) -> None:
    assert TimeParser(LOAD_TIMEFRAMES[timeframe], UNTIL).key(text) == expected


@given(
    st.datetimes(datetime.fromisoformat("1890-01-01"), datetime.fromisoformat("2021-01-01")),
    st.sampled_from(["Z", "+00", "+00:00", "", " +0000"]),
)
@example(datetime.fromisoformat("2019-12-31 23:59"), "+00")
def test_the_fast_parser_of_utc_minutes_equals_the_general_one(at: datetime, zone: str) -> None:
    text = f"{at.isoformat(' ', 'seconds')}{zone}"
    allowed = at.second == 0 and date(1900, 1, 1) <= at.date() <= UNTIL

    assert TimeParser(LOAD_TIMEFRAMES["1min"], UNTIL).keys([text]) == [f"{at:%Y-%m-%d %H:%M}:00+00" if allowed else ""]


def check_open_price(text: str) -> tuple[list[str], list[str]]:
    """What is stored of a bar of that one price, and why it is refused."""
    columns = [["A"], ["2012-09-04"], *[[text]] * 4, ["5"]]
    checked = RowChecker(LOAD_TIMEFRAMES["daily"], UNTIL).check(Rows([2], *columns))
    return checked.lines, [refusal.reason for refusal in checked.rejections]


@given(st.integers(1, 10**10), st.sampled_from(["float64", "float32", "sum"]))
def test_float_noise_is_no_error(units: int, kind: str) -> None:
    price = Fraction(units, 10**4)
    value = {"float64": float(price), "float32": float(np.float32(price)), "sum": float(price) + 0.1 - 0.1}[kind]
    exact = kind != "float32" or round(Fraction(str(np.float32(price))), 4) == price

    lines, errors = check_open_price(repr(value))

    assert errors == []
    stored_price = Fraction(Decimal(lines[0].split(",")[2]).quantize(Decimal("0.0001")))
    assert not exact or stored_price == price


@pytest.mark.parametrize(
    "text", ["1.00005", "1.03125", "0.00014", "123456789.12345", "1e-5", "169.8743438720703125001"]
)
def test_a_price_more_precise_than_the_column_is_refused(text: str) -> None:
    lines, errors = check_open_price(text)

    assert lines == []
    assert errors[0].startswith(f"open: {text!r} ")
