"""The flow board: a live column for each tier, and one for the signals of indicators."""

import re

import httpx
import pytest
import pytest_asyncio

from app.indicators.alerts import ENTRIES
from app.wire.events.event import IndicatorAlert, PatternDetected
from tests.api.conftest import PAGE, market
from tests.pipeline.conftest import Desk
from tests.support.desk_pages import page
from tests.support.ports import free_port
from tests.support.quote_samples import AWKWARD, OPEN

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


def detection(symbol: str, timeframe: str, at: float = OPEN) -> PatternDetected:
    return PatternDetected(symbol=symbol, pattern="Doji", timeframe=timeframe, confidence=0.9, at=at)


def alert(symbol: str, number: int = 0, kind: str = "RSI_OVERSOLD") -> IndicatorAlert:
    at = OPEN + 60 * number
    return IndicatorAlert(symbol=symbol, alert=kind, indicator="RSI14", timeframe="hourly", value=28.5, at=at)


def column(html: str, key: str) -> str:
    return html.partition(f'<ol id="{key}"')[2].partition("</ol>")[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def board(market: Desk) -> str:
    return await page(market, "/patterns")


async def test_each_column_shows_the_stored_detections_of_its_tier_and_links_to_their_search(board: str) -> None:
    counts = {tier: column(board, f"flow-_0{tier}").count("<li ") for tier in ("daily", "intraday", "combo")}

    assert counts == {"daily": 2 * len(AWKWARD), "intraday": 0, "combo": 0}
    for tier in counts:
        assert f'href="/patterns/search?tier={tier}"' in board
        assert f'id="notice-_0flow__3a_{tier}"' in board


async def test_the_page_subscribes_to_what_it_shows(board: str) -> None:
    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', board)

    assert set(topics.split(",")) == {"flow:daily", "flow:intraday", "flow:combo", "signals", "status"}


async def test_a_detection_appears_in_the_column_of_its_tier_alone(market: Desk) -> None:
    async with market.stream("flow:intraday,flow:combo") as reader:
        await reader.message("message")
        await market.publish(detection("BF/B", "combo"))
        combo = (await reader.containing("data-k")).data
        await market.publish(detection("X:BTCUSD", "5min"))
        intraday = (await reader.containing("data-k")).data

    assert ('hx-target="#flow-_0combo"' in combo, ">BF/B<" in combo) == (True, True)
    assert "flow-_0intraday" not in combo
    assert ('hx-target="#flow-_0intraday"' in intraday, ">X:BTCUSD<" in intraday) == (True, True)


async def test_a_changed_signal_is_pushed_and_is_on_the_next_page(market: Desk) -> None:
    async with market.stream("signals") as reader:
        await reader.message("message")
        for symbol in AWKWARD:
            await market.publish(alert(symbol))
            entry = (await reader.containing(f">{symbol}<")).data
            assert "RSI oversold" in entry
        await market.publish(alert("BRK.B", kind="ODD_<b>_KIND"))
        assert "ODD &lt;B&gt; KIND" in (await reader.containing("ODD")).data

    assert column(await page(market, "/patterns"), "signals").count("RSI oversold") == len(AWKWARD)


async def test_the_column_of_signals_keeps_the_newest(market: Desk) -> None:
    async with market.stream("signals") as reader:
        await reader.message("message")
        for number in range(ENTRIES + 2):
            await market.publish(alert("BRK.B", number))
        await reader.containing(f'data-k="{int(OPEN) + 60 * (ENTRIES + 1)}"')

    keys = re.findall(r'data-k="(\d+)"', column(await page(market, "/patterns"), "signals"))
    assert keys == [str(int(OPEN) + 60 * number) for number in reversed(range(2, ENTRIES + 2))]


async def test_a_process_that_starts_later_shows_the_signals_of_before(market: Desk) -> None:
    await market.publish(alert("BF/B", 90, "MACD_BULLISH_CROSS"))
    later = Desk(market.settings.model_copy(update={"port": free_port()}))
    try:
        await later.start()
        later.cookies = market.cookies
        signals = column(await page(later, "/patterns"), "signals")
    finally:
        await later.stop()

    assert "MACD above its signal" in signals
    assert signals.count("<li ") == ENTRIES


@pytest.mark.parametrize("query", ["symbol=BF%2FB", "symbol=&timeframe=daily", "cursor=x"])
async def test_the_former_address_of_a_search_leads_to_it(market: Desk, query: str) -> None:
    async with market.client() as client:
        answer = await client.get(f"/patterns?{query}", headers=PAGE)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/patterns/search?{query}")


@pytest.mark.parametrize("topic", ["flow", "flow:weekly", "flow:BRK.B", "signals:AAPL"])
async def test_there_is_no_column_of_another_name(market: Desk, topic: str) -> None:
    async with market.client() as client:
        answer: httpx.Response = await client.get(f"/stream?topics={topic}")

    assert answer.status_code == 400


async def test_the_column_of_signals_links_to_the_symbols_for_which_one_holds_now(market: Desk, board: str) -> None:
    (path,) = re.findall(r'<h2 id="signals-head">.*?href="(/scan\?[^"]*)"', board)
    async with market.client() as client:
        answer = await client.get(path.replace("&amp;", "&"), headers=PAGE)

    assert (answer.status_code, 'class="empty">' in answer.text) == (200, True)
    assert "0 matches" in answer.text
