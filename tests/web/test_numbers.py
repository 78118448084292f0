"""The formats of numbers and times."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finance.instrument import Instrument
from app.identity import ZONES, NumberForm, View
from app.web import numbers, times

POINT = View()
COMMA = View(numbers=NumberForm.COMMA)
AAPL = Instrument("AAPL")
PENNY = Instrument("PNNY", tick_size=0.0001)
VOD = Instrument("VOD.L", currency="GBp", tick_size=0.05)
TOYOTA = Instrument("7203.T", currency="JPY", tick_size=1)
NESTLE = Instrument("NESN.SW", currency="CHF")


@pytest.mark.parametrize(
    ("value", "instrument", "view", "text"),
    [
        (1234.5, AAPL, POINT, "1,234.50"),
        (1234.5, AAPL, COMMA, "1.234,50"),
        (0.1234, AAPL, POINT, "0.1234"),
        (0.0, AAPL, POINT, "0.00"),
        (-0.0, AAPL, POINT, "0.00"),
        (2.5, PENNY, POINT, "2.5000"),
        (72.35, VOD, POINT, "72.35p"),
        (1835.0, TOYOTA, POINT, "¥1,835"),
        (101.5, NESTLE, POINT, "101.50\N{NARROW NO-BREAK SPACE}CHF"),
        (-1835.0, TOYOTA, POINT, "\N{MINUS SIGN}¥1,835"),
        (None, AAPL, POINT, "-"),
        (math.nan, AAPL, POINT, "-"),
        (math.inf, AAPL, POINT, "-"),
        (123456789012.0, AAPL, POINT, "123,456,789,012.00"),
        (1e300, AAPL, POINT, "1.000e+300"),
    ],
)
def test_a_price_takes_the_instruments_tick_and_currency(
    value: float | None, instrument: Instrument, view: View, text: str
) -> None:
    assert numbers.price(value, instrument, view) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "+1.50"),
        (-1.5, "\N{MINUS SIGN}1.50"),
        (0, "0.00"),
        (0.001, "+0.0010"),
        (1e-9, "0.00"),
        (0.0000012, "+0.00000120"),
        (-0.001, "\N{MINUS SIGN}0.0010"),
        (None, "-"),
    ],
)
def test_a_change_is_signed_with_a_true_minus_unless_it_is_none(value: float | None, text: str) -> None:
    assert numbers.change(value, AAPL, POINT) == text


def test_a_percentage_is_of_a_fraction() -> None:
    assert numbers.percent(0.0123, POINT) == "+1.23%"
    assert numbers.percent(-0.0123, COMMA) == "\N{MINUS SIGN}1,23%"
    assert numbers.percent(None, POINT) == "-"
    assert numbers.share(0.874, POINT) == "87%"
    assert numbers.share(None, POINT) == "-"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (999.6, "1.00K"),
        (1234, "1.23K"),
        (12_345, "12.3K"),
        (123_456, "123K"),
        (999_999, "1.00M"),
        (123_456_789_012, "123B"),
        (1.5e12, "1.50T"),
        (-1234, "\N{MINUS SIGN}1.23K"),
        (None, "-"),
    ],
)
def test_a_volume_keeps_three_figures(value: float | None, text: str) -> None:
    assert numbers.volume(value, POINT) == text


def test_a_time_names_its_zone_in_winter_and_summer() -> None:
    assert times.clock(1346423465, POINT) == "10:31:05 EDT"
    assert times.stamp(1325424665, POINT) == "1 Jan 2012, 08:31 EST"
    assert times.clock(1346423465, View(zone="Europe/Istanbul")) == "17:31:05 EEST"
    assert times.clock(1768423465, View(zone="Europe/Istanbul")) == "23:44:25 UTC+3"
    assert times.clock(1768423465, View(zone="America/Sao_Paulo")) == "17:44:25 UTC\N{MINUS SIGN}3"
    assert times.clock(1768423465, View(zone="Asia/Shanghai")) == "04:44:25 UTC+8"
    assert times.clock(1768423465, View(zone="Asia/Kolkata")) == "02:14:25 IST"
    assert times.clock(None, POINT) == "-"
    assert times.clock(1e300, POINT) == "-"
    assert times.iso(1346423465) == "2012-08-31T14:31:05Z"


def test_a_day_is_written_out() -> None:
    assert times.day("2012-08-31") == "31 Aug 2012"
    assert times.day("yesterday") == "-"
    assert times.day(None) == "-"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min"), (7300, "2 h"), (90000, "1 d"), (-3, "0 s")]
)
def test_an_age_is_short(seconds: float, text: str) -> None:
    assert times.age(seconds) == text
    assert times.age(None) == "-"


@given(st.floats() | st.none(), st.sampled_from(ZONES), st.sampled_from(NumberForm))
def test_no_value_breaks_a_number_or_a_time(value: float | None, zone: str, form: NumberForm) -> None:
    view = View(zone, form)

    for text in (
        numbers.price(value, AAPL, view),
        numbers.change(value, TOYOTA, view),
        numbers.percent(value, view),
        numbers.volume(value, view),
        times.stamp(value, view),
        times.age(value),
    ):
        assert text
        assert len(text) < 32
        assert not set(text) & set("<>&\"'")
        assert not re.search("nan|inf", text)


def test_market_time_is_that_of_the_exchange_for_everybody() -> None:
    assert times.exchange_clock(1346423465) == "10:31:05 EDT"
    assert times.exchange_stamp(1768423465) == "14 Jan 2026, 15:44 EST"
    assert times.exchange_seconds(1346423465) == 10 * 3600 + 31 * 60 + 5
    assert not times.differs_from_exchange(1346423465, View(zone="America/New_York"))
    assert times.differs_from_exchange(1346423465, View(zone="Asia/Tokyo"))


def test_prices_of_one_column_have_the_decimals_of_the_column() -> None:
    stock = Instrument("PENNY")
    places = numbers.price_places(0.4382, stock)

    assert [numbers.price(value, stock, POINT, places) for value in (0.4382, 1.02)] == ["0.4382", "1.0200"]


def test_volumes_of_one_column_have_the_unit_of_its_head() -> None:
    column = (1_234_567.0, 980_000.0, None)
    unit = numbers.volume_unit(column)

    assert (unit, [numbers.in_unit(value, unit, POINT) for value in column]) == ("M", ["1.23", "0.98", "-"])
    assert (numbers.volume_unit((999, None)), numbers.in_unit(999, "", POINT)) == ("", "999")
    assert numbers.volume_unit(()) == ""
