"""The columns of the newest detection: which, how old, and what became of others like it."""

import re

import httpx
import pytest
import pytest_asyncio

from app.embedded.places import Places
from tests.pipeline.conftest import Desk
from tests.scans.conftest import market_link
from tests.support.list_pages import get, new_list, rows

pytestmark = pytest.mark.asyncio(loop_scope="module")

DETECTIONS = """
insert into ohlcv_daily (symbol, date, open, high, low, close, volume)
select symbol, day, 10, 12, 9, 11, 100 from unnest(array['BRK.B', 'AAPL']) as symbol,
       unnest(array['2012-08-30', '2012-08-31', '2012-09-04']::date[]) as day;
insert into ohlcv_1min (symbol, timestamp, open, high, low, close, volume)
select 'BF/B', timestamptz '2012-09-05 17:55Z' + n * interval '1 min', 10, 12, 9, 11, 100
  from generate_series(0, 34) as n;
insert into daily_patterns (symbol, pattern_type, confidence, detection_timestamp, timeframe, pattern_data) values
  ('BRK.B', 'Doji', 0.9, '2012-08-30 20:00Z', 'daily', '{"direction": "neutral"}'),
  ('BRK.B', 'Hammer', 0.8, '2012-08-31 20:00Z', 'daily', '{"direction": "bullish"}'),
  ('BRK.B', 'Harami', 0.7, '2012-08-31 20:00Z', 'daily', '{"direction": "bullish"}'),
  ('AAPL', 'Hammer', 0.75, '2012-08-31 20:00Z', 'weekly', '{"direction": "bullish"}');
insert into intraday_patterns (symbol, pattern_type, confidence, detection_timestamp, timeframe, pattern_data) values
  ('BF/B', 'GapDown', 0.6, '2012-09-05 18:00Z', '5min', '{"direction": "bearish"}');
insert into pattern_outcomes
  (symbol, pattern_type, timeframe, detection_timestamp, direction, price, return_1, return_5)
values ('GE', 'Hammer', 'daily', '2012-08-01 20:00Z', 'bullish', 50, 0.1, 0.02),
       ('GE', 'Hammer', 'daily', '2012-08-02 20:00Z', 'bullish', 50, 0.1, 0.06),
       ('GE', 'Hammer', 'daily', '2012-08-03 20:00Z', 'bullish', 50, 0.1, -0.02),
       ('GE', 'Hammer', 'daily', '2012-08-06 20:00Z', 'bullish', 50, 0.1, null);
"""
PATTERNS = "/scan?q=close:0..&cols=pat&v=1"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def detections(desk: Desk, places: Places) -> None:
    async with market_link(desk, places) as link:
        await link.execute(DETECTIONS)


def cells(html: str, symbol: str) -> list[str]:
    (row,) = (each for each in re.findall(r'<tr id="row-.*?</tr>', html, re.S) if f">{symbol}</a>" in each)
    return re.findall(r"<td[^>]*>([^<]*)</td>", row)[-6:]


async def test_each_symbol_shows_its_newest_detection_and_what_became_of_earlier_ones(alice: httpx.AsyncClient) -> None:
    html = await get(alice, PATTERNS)

    assert cells(html, "BRK.B") == ["Hammer", "daily", "0.80", "2", "67", "+2.00"]
    assert cells(html, "AAPL") == ["Hammer", "daily", "0.75", "0", "-", "-"], "the week is not over"
    assert cells(html, "BF/B") == ["Gap Down", "intraday", "0.60", "6", "-", "-"]
    assert cells(html, "GE") == ["-"] * 6
    assert html.count('title="of 3"') == 2


@pytest.mark.parametrize(
    ("sort", "symbols"),
    [
        ("-conf", ["BRK.B", "AAPL", "BF/B", "GE", "X:BTCUSD"]),
        ("conf", ["BF/B", "AAPL", "BRK.B", "GE", "X:BTCUSD"]),
        ("age", ["AAPL", "BRK.B", "BF/B", "GE", "X:BTCUSD"]),
        ("-age", ["BF/B", "BRK.B", "AAPL", "GE", "X:BTCUSD"]),
        ("pattern", ["BF/B", "AAPL", "BRK.B", "GE", "X:BTCUSD"]),
        ("-hitrate", ["BRK.B", "AAPL", "BF/B", "GE", "X:BTCUSD"]),
    ],
)
async def test_scans_and_lists_are_sorted_by_it(alice: httpx.AsyncClient, sort: str, symbols: list[str]) -> None:
    assert rows(await get(alice, f"{PATTERNS}&sort={sort}")) == symbols
    assert rows(await get(alice, f"/scan?q=close:0..&v=1&sort={sort}")) == symbols


async def test_a_list_has_the_columns_too(alice: httpx.AsyncClient) -> None:
    path = await new_list(alice, "With patterns", "GE", "BRK.B", "AAPL", "BF/B")

    html = await get(alice, f"{path}?cols=pat&sort=-age")

    assert rows(html) == ["BF/B", "BRK.B", "AAPL", "GE"]
    assert cells(html, "BRK.B") == ["Hammer", "daily", "0.80", "2", "67", "+2.00"]


async def test_programs_get_texts_and_numbers(alice: httpx.AsyncClient) -> None:
    document = (await alice.get("/scan.json?q=symbol:BRK.B&cols=pat&v=1")).json()
    answer = (await alice.get("/api/v1/scan?q=symbol:BRK.B&columns=pattern,age,mean5")).json()

    (row,) = document["rows"]
    assert {name: row[name] for name in ("pattern", "tier", "conf", "age", "hitrate", "mean5")} == {
        "pattern": "Hammer", "tier": "daily", "conf": 0.8, "age": 2, "hitrate": pytest.approx(66.666667), "mean5": 2,
    }  # fmt: skip
    assert answer["matches"][0]["values"] == {"pattern": "Hammer", "age": 2, "mean5": 2}
