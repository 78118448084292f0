"""The page of one detection: names and time in the address, the chart of that time, and what became of it."""

import re
from datetime import UTC, date, datetime
from html import unescape
from urllib.parse import quote

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app.db import roles
from app.embedded.places import Places
from app.finance.bars import Bar, day_start
from app.finance.sessions import regular
from app.web.filters import detection_path
from app.web.times import MINUS
from tests.api.conftest import PAGE, market
from tests.pipeline.conftest import Desk
from tests.support.quote_samples import AWKWARD, OPEN
from tests.support.stored_bars import store_bars, store_splits

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPLIT = "SPLT"
DAYS = [date(2012, 8, day) for day in (1, 2, 3, 6, 7, 8, 9, 10)]
CLOSES = [100.0, 102.0, 104.0, 52.0, 53.0, 54.0, 55.0, 28.0]
"""Two for one on 6 August, and again on 10 August."""
AT = regular(DAYS[3]).closes
DATA = (
    """{"direction": "bullish", "price": 52.0, "levels": {"resistance": 53.5}, "stop_loss": 50.0, "target_price": 58}"""
)


def detection(
    pattern: str, timeframe: str, at: float, data: str = "{}", until: float | None = None
) -> tuple[object, ...]:
    end = datetime.fromtimestamp(until, UTC) if until else None
    return SPLIT, pattern, timeframe, datetime.fromtimestamp(at, UTC), 0.83, data, end


ROWS = [
    detection("BreakoutHigh", "daily", AT, DATA, AT + 5 * 86_400),
    detection("odd/name", "daily", AT),
    detection(
        "Doji", "weekly", regular(DAYS[2]).closes, '{"levels": ["x", 5], "stop_loss": "low", "target_price": -3}'
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(market: Desk, places: Places) -> Desk:
    assert market.settings.database.market_url
    url = market.settings.database.market_url.get_secret_value().replace(roles.MARKET, roles.ENGINE)
    bars = [
        Bar(SPLIT, "daily", day_start(day), close - 1, close + 1, close - 2, close, 1000)
        for day, close in zip(DAYS, CLOSES, strict=True)
    ]
    await store_bars(url, bars)
    await store_splits(url, [(SPLIT, DAYS[3], 2), (SPLIT, DAYS[7], 2)])
    link = await asyncpg.connect(url)
    await link.executemany(
        "insert into daily_patterns (symbol, pattern_type, timeframe, detection_timestamp, confidence, pattern_data,"
        " expiration_date) values ($1, $2, $3, $4, $5, $6, $7)",
        ROWS,
    )
    await link.execute(
        "insert into pattern_definitions (name, short_description, basic_logic_description)"
        " values ('BreakoutHigh', 'close above the high of 20 bars', 'how far, and the volume')"
    )
    await link.execute(
        "insert into pattern_outcomes"
        " (symbol, pattern_type, timeframe, detection_timestamp, direction, price, return_1)"
        " values ($1, 'BreakoutHigh', 'daily', $2, 'bullish', 52, 0.0321)",
        SPLIT,
        datetime.fromtimestamp(AT, UTC),
    )
    await link.close()
    return market


async def get(desk: Desk, path: str) -> httpx.Response:
    async with desk.client() as client:
        return await client.get(path, headers=PAGE)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html.partition("<main")[2].partition("</main>")[0])).split())


async def test_the_page_says_what_was_detected(desk: Desk) -> None:
    answer = await get(desk, detection_path(SPLIT, "BreakoutHigh", "daily", AT))
    text = words(answer.text)

    assert answer.status_code == 200
    assert "Breakout High in SPLT daily, 6 Aug 2012, 16:00 EDT" in text
    assert "Close above the high of 20 bars: how far, and the volume." in text
    for fact in (
        "Direction bullish",
        "Confidence 83%",
        "Price 52.00",
        "Resistance 53.50",
        "Stop 50.00",
        "Target 58.00",
    ):
        assert fact in text
    assert "It holds until 11 Aug 2012, 16:00 EDT" in text


async def test_the_chart_ends_with_the_bar_of_the_detection_in_the_shares_of_its_day(desk: Desk) -> None:
    html = (await get(desk, detection_path(SPLIT, "BreakoutHigh", "daily", AT))).text
    (about,) = re.findall(r"<desc[^>]*>(.*?)</desc>", html)

    assert about.startswith("From 1 Aug 2012, 16:00 EDT to 6 Aug 2012, 16:00 EDT:")
    assert "lowest 49.00, highest 53.00, last 52.00" in about
    assert html.partition('class="candles up"')[2].partition("/>")[0].count("z") == 4
    assert "later splits are left out" in html


async def test_stored_returns_come_first_and_others_are_taken_from_bars_with_splits_taken_out(desk: Desk) -> None:
    text = words((await get(desk, detection_path(SPLIT, "BreakoutHigh", "daily", AT))).text)
    other = words((await get(desk, detection_path(SPLIT, "odd/name", "daily", AT))).text)

    assert "1 bar +3.21% After 5 bars not known yet After 20 bars not known yet" in text
    assert "1 bar +1.92% After 5 bars not known yet" in other
    weekly = words((await get(desk, detection_path(SPLIT, "Doji", "weekly", regular(DAYS[2]).closes))).text)
    assert "Bars: weekly." in weekly


async def test_a_split_after_the_detection_is_no_fall(desk: Desk) -> None:
    """From 104 on 3 August: 52, 53, 54, 55 and 28 after two splits are 104, 106, 108, 110 and 112."""
    url = desk.settings.database.market_url
    assert url
    link = await asyncpg.connect(url.get_secret_value().replace(roles.MARKET, roles.ENGINE))
    await link.execute(
        "insert into daily_patterns (symbol, pattern_type, timeframe, detection_timestamp, confidence)"
        " values ($1, 'Doji', 'daily', $2, 0.7)",
        SPLIT,
        datetime.fromtimestamp(regular(DAYS[2]).closes, UTC),
    )
    await link.close()

    text = words((await get(desk, detection_path(SPLIT, "Doji", "daily", regular(DAYS[2]).closes))).text)

    assert "1 bar 0.00% After 5 bars +7.69% After 20 bars not known yet" in text
    assert MINUS not in text


async def test_every_entry_of_a_list_leads_to_its_page(desk: Desk) -> None:
    for path in ("/", "/patterns", "/patterns/search", *(f"/s/{quote(symbol)}" for symbol in AWKWARD)):
        html = (await get(desk, path)).text
        entries = re.findall(r'<li id="pattern-.*?</li>', html)
        assert entries, path
        for entry in entries:
            (address,) = re.findall(r'href="(/detections/[^"]*)"', entry)
            answer = await get(desk, unescape(address))
            assert answer.status_code == 200, address
            (at,) = re.findall(r'<time datetime="([^"]*)"', entry)
            assert address.endswith(f"/{at}")


async def test_another_spelling_of_the_moment_leads_to_the_one_address(desk: Desk) -> None:
    path = detection_path("BF/B", "Hammer", "daily", OPEN)

    answer = await get(desk, path.replace("Z", "+00:00"))

    assert (answer.status_code, answer.headers["Location"]) == (303, path)


@pytest.mark.parametrize("at", ["yesterday", "2012-02-30T00:00:00Z", "2012-09-04T13:30:00", "99999-01-01T00:00:00Z"])
async def test_a_moment_that_is_none_is_refused_with_an_example(desk: Desk, at: str) -> None:
    answer = await get(desk, f"/detections/BF/B/Hammer/daily/{at}")

    assert answer.status_code == 400
    assert "a moment as 2012-08-31T13:30:00Z" in unescape(answer.text)


@pytest.mark.parametrize(
    ("path", "near"),
    [
        (detection_path("BF/B", "Hammer", "daily", OPEN + 1), 2),
        (detection_path("BF/B", "Hammer", "weekly", OPEN), 1),
        (detection_path("bf/b", "Hammer", "daily", OPEN - 10 * 86_400), 2),
        (detection_path("NOBODY", "Hammer", "daily", OPEN), 0),
        (detection_path("%00'", "x" * 900, "/", OPEN), 0),
    ],
)
async def test_an_unknown_detection_is_a_404_with_others_of_its_symbol(desk: Desk, path: str, near: int) -> None:
    answer = await get(desk, path)

    assert answer.status_code == 404
    assert answer.text.count('<li id="pattern-') == near
    assert 'href="/patterns/search"' in answer.text
