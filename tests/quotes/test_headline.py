"""The headline of a symbol: the price of the regular hours, that of the extended ones, and its ranges."""

import re
from datetime import timedelta

import pytest

from app.identity import View
from app.quotes import partials
from app.quotes.price_ranges import price_ranges
from app.quotes.quote import SymbolQuote
from app.quotes.year_ranges import YearRange, YearRanges
from app.web.times import MINUS
from tests.support.quote_samples import OPEN, quote

VIEW = View()
HOUR = 3600
EARLY = quote(price=83.0, at=OPEN - HOUR, has_traded=False)
LATE = quote(price=86.5, at=OPEN + 8 * HOUR, close=85.5)


def lines(one: SymbolQuote) -> list[str]:
    html = partials.headline(one, 3, VIEW)
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in re.findall(r"<p.*?</p>", html, re.DOTALL)]


@pytest.mark.parametrize(
    ("one", "first", "second"),
    [
        (quote(), "85.50 ▲ +1.50 (+1.79%) since the previous close", ""),
        (LATE, "85.50 ▲ +1.50 (+1.79%) since the previous close",
         "After hours 86.50 ▲ +1.00 (+1.17%) against the close"),
        (EARLY, "84.00 at the previous close", f"Before the open 83.00 ▼ {MINUS}1.00 ({MINUS}1.19%) against the close"),
        (EARLY._replace(previous_close=None), "83.00 - (-) since the previous close", ""),
        (quote(price=-2.0, previous_close=-1.0), f"{MINUS}2.00 ▼ {MINUS}1.00 (-) since the previous close", ""),
    ],
)  # fmt: skip
def test_a_price_of_extended_hours_has_a_line_of_its_own(one: SymbolQuote, first: str, second: str) -> None:
    assert lines(one)[:-1] == list(filter(None, (first, second)))


def test_a_headline_says_when_its_price_came() -> None:
    assert lines(quote())[-1].endswith(", updated 3 s ago")
    assert "as stored" in partials.headline(quote(), None, VIEW)


def test_ranges_say_where_the_price_stands() -> None:
    years = YearRange(60.5, 110.5)

    ranges = price_ranges(quote(), years)

    assert [(each.label, each.percent) for each in ranges] == [("Day", 71), ("52 weeks", 50)]
    html = partials.ranges(quote(), ranges, VIEW)
    assert 'aria-label="The price stands 71 % of the way up"' in html
    assert "60.50" in html
    assert [each.label for each in price_ranges(EARLY, years)] == ["52 weeks"]
    assert price_ranges(quote(high=85.5, low=85.5), None) == ()


def test_a_price_outside_its_range_stands_at_its_end() -> None:
    assert [each.percent for each in price_ranges(quote(price=999.0), YearRange(1.0, 2.0))] == [100, 100]


def test_the_range_of_a_year_has_today_in_it_and_is_of_one_session() -> None:
    ranges, one = YearRanges(symbols=1), quote()
    ranges.put(one, YearRange(84.5, 85.0))

    assert ranges.range_of(one) == (84.25, 86.0)
    assert ranges.range_of(one._replace(session=one.session + timedelta(days=1))) is None

    ranges.put(quote("BF/B"), YearRange(1.0, 2.0))
    assert ranges.range_of(one) is None
