"""Every accepted symbol has a page, links to it, and a place in a live desk."""

import asyncio
import re
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from app.db.pools import Pool
from app.finance.instrument import Instrument
from app.finance.symbols import is_symbol
from app.identity import Rate
from app.quotes.board import QuoteBoard
from app.quotes.most_active import BOARD_ROWS
from app.quotes.topics import chart_topic
from app.settings.load import Settings
from app.web.filters import dom_id
from app.web.html import links
from app.wire.events.event import IndicatorCalculated, PatternDetected
from tests.conftest import Databases
from tests.pipeline.conftest import Desk
from tests.support import symbol_examples
from tests.support.bar_files import load_file, write_csv
from tests.support.desk_pages import page
from tests.support.quote_samples import OPEN, bars, tick
from tests.support.stored_bars import PatternRow, store_bars, store_patterns, store_symbols
from tests.support.topic_rules import RULES
from tests.support.waiting import until

LINK = re.compile(r'href="/s/([^"?#]*)')
STREAM = re.compile(r'hx-sse:connect="([^"]*)"')
ELSEWHERE = (
    "..",
    "../X",
    "../",
    ".",
    "./BRK.B",
    "BRK.B/..",
    "BRK.B/../X",
    "BF//B",
    "/BF/B",
    "BF/B/",
    "%41",
    "A,B",
    "x\\y",
)


def board_of(desk: Desk) -> QuoteBoard:
    board = desk.context.boards[QuoteBoard]
    assert isinstance(board, QuoteBoard)
    return board


async def status_and_location(desk: Desk, path: str) -> tuple[int, str]:
    """Status and Location of a path that no client has made pretty."""
    cookie = "; ".join(f"{name}={value}" for name, value in desk.cookies.items())
    source, sink = await asyncio.open_connection("127.0.0.1", desk.settings.port)
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{desk.settings.port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    )
    sink.write(head.encode("latin-1"))
    answer = (await source.readuntil(b"\r\n\r\n")).decode("latin-1")
    sink.close()
    location = re.search(r"(?im)^location: (.*)$", answer)
    return int(answer.split()[1]), location[1].strip() if location else ""


async def test_every_symbol_of_the_feed_has_a_page_a_link_and_a_stream(desk: Desk) -> None:
    for symbol in symbol_examples.ODD:
        await desk.publish(tick(symbol, 12.5))
    await until(lambda: all(board_of(desk).quote(symbol) for symbol in symbol_examples.ODD))

    desk_page = await page(desk, "/")
    linked = {unquote(unescape(address)) for address in LINK.findall(desk_page)}
    assert set(symbol_examples.ODD) <= linked
    for symbol in symbol_examples.ODD:
        assert f'id="{dom_id("row", symbol)}"' in desk_page
        html = await page(desk, f"/s/{quote(symbol, safe='/')}")
        (address,) = STREAM.findall(html)
        async with desk.client() as client:
            search = await client.get("/symbols", params={"q": symbol})
        assert (search.status_code, unquote(search.headers["Location"])) == (303, f"/s/{symbol}")
        query = unquote(unescape(address)).partition("topics=")[2].partition("&cursor")[0]
        subscription = RULES.parse_all(query)
        assert subscription is not None
        assert subscription == (
            {f"symbol:{symbol}", f"chart:{symbol}:usual", f"patterns:{symbol}", "status"}, (),
        )  # fmt: skip
        async with desk.stream(unescape(address).partition("topics=")[2]) as reader:
            assert (await reader.message("hello")).data == "0.2"
            assert f'hx-target="#{dom_id("headline", symbol)}"' in (await reader.message("message")).data


@given(st.lists(symbol_examples.symbols, min_size=1, max_size=30, unique=True))
def test_the_stream_of_a_page_requests_exactly_its_charts(symbols: list[str]) -> None:
    charts = tuple(chart_topic(symbol) for symbol in symbols)
    query = unquote(links(charts, "7-1", Rate.AUTO).stream.partition("topics=")[2].partition("&")[0])

    assert RULES.parse_all(query) == (frozenset(charts), ())


@examples(max_examples=60)
@given(symbol_examples.symbols)
def test_a_symbol_link_leads_to_its_page_and_stays_below_symbols(symbol: str) -> None:
    address = f"/s/{quote(symbol)}"

    assert unquote(address).removeprefix("/s/") == symbol
    assert not re.search(r"//|/\.{1,2}(/|$)|[?#\\]", address)


@pytest.mark.parametrize("encoded", [False, True])
async def test_an_invalid_symbol_in_the_address_redirects_nowhere(desk: Desk, encoded: bool) -> None:
    for text in ELSEWHERE:
        assert not is_symbol(text)
        path = quote(text, safe="" if encoded else "/%\\")
        for folder in ("/s/", "/api/v1/quotes/", "/api/v1/bars/"):
            for more in ("", "?range=2m"):
                assert await status_and_location(desk, f"{folder}{path}{more}") in {(404, ""), (400, "")}, (
                    folder,
                    path,
                    more,
                )
    for path in (
        "/s/%2e%2e/%2e%2e/login",
        "/s/%2E%2E%2Fpatterns",
        "/s//evil.example",
        "//evil.example",
    ):
        assert await status_and_location(desk, path) == (404, ""), path


async def test_a_desk_with_more_than_a_hundred_symbols_and_an_index_is_live(desk: Desk) -> None:
    names = [f"S{number:03d}" for number in range(101)]
    for symbol in (".DJI", *names):
        await desk.publish(tick(symbol, 12.5))
    await until(lambda: board_of(desk).count >= 102)

    html = await page(desk, "/")

    assert html.count('<tr id="row-') == BOARD_ROWS
    (address,) = STREAM.findall(html)
    async with desk.stream(unescape(address).partition("topics=")[2]) as reader:
        assert reader.status == 200
        assert (await reader.message("hello")).data == "0.2"
        await reader.message("message")
        await desk.publish(tick(".DJI", 13.75, OPEN + 1))
        assert f'hx-target="#{dom_id("row", ".DJI")}"' in (await reader.containing("13.75")).data


async def test_a_desk_with_more_than_a_hundred_stored_symbols_is_live(
    settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    names = [".INX", *(f"SYM{number:03d}" for number in range(101))]
    pool = Pool(databases.engine, "loads", 2, acquire_seconds=10.0)
    outcome = await load_file(
        pool, write_csv(tmp_path / "bars.csv", [f"{name},2024-03-05,9,9,9,9,1" for name in names])
    )
    await pool.close()
    assert (outcome.good_rows, outcome.rejected_rows) == (102, 0)

    desk = Desk(settings)
    await desk.start()
    await desk.enter()
    html = await page(desk, "/")
    (address,) = STREAM.findall(html)
    async with desk.stream(unescape(address).partition("topics=")[2]) as reader:
        assert reader.status == 200
        assert (await reader.message("hello")).data == "0.2"
        assert f'id="{dom_id("row", ".INX")}"' in (await reader.message("message")).data
    await page(desk, "/s/.INX")
    await desk.stop()


async def test_a_desk_of_the_longest_and_oddest_symbols_is_live(desk: Desk) -> None:
    names = [f"${'&' * 27}{number:04d}" for number in range(BOARD_ROWS + 1)]
    for symbol in names:
        await desk.publish(tick(symbol, 12.5))
    await until(lambda: board_of(desk).count > BOARD_ROWS)

    (address,) = STREAM.findall(await page(desk, "/"))

    async with desk.stream(unescape(address).partition("topics=")[2]) as reader:
        assert (await reader.message("hello")).data == "0.2"


async def test_companies_that_differ_in_case_have_pages_of_their_own(desk: Desk, databases: Databases) -> None:
    for symbol in ("BCPC", "BCpC"):
        await desk.publish(tick(symbol, 24.25 if symbol == "BCpC" else 146.5))
    await until(lambda: board_of(desk).quote("BCpC") and board_of(desk).quote("BCPC"))

    assert "24.25" in await page(desk, "/s/BCpC")
    assert "146.50" in await page(desk, "/s/BCPC")
    both = await page(desk, "/s/bcpc", 300)
    assert LINK.findall(both) == ["BCPC", "BCpC"]
    assert {"BCPC", "BCpC"} <= set(LINK.findall(await page(desk, "/symbols?q=bcpc")))
    async with desk.client() as client:
        exact = await client.get("/symbols?q=BCpC")
        listed = (await client.get("/api/v1/quotes?symbols=bcpc,brk.b")).json()["quotes"]
        one = (await client.get("/api/v1/quotes/BCpC")).json()
        either = await client.get("/api/v1/quotes/bcpc")
        typed = (await client.get("/api/v1/quotes/brk.b")).json()
    assert exact.headers["Location"] == "/s/BCpC"
    assert [each["symbol"] for each in listed] == ["BCPC", "BCpC", "BRK.B"]
    assert (one["symbol"], one["price"], typed["symbol"]) == ("BCpC", 24.25, "BRK.B")
    assert (either.status_code, "BCPC, BCpC" in either.json()["detail"]) == (404, True)


async def test_a_symbol_stored_after_the_start_is_found_in_any_case(desk: Desk, databases: Databases) -> None:
    await store_symbols(databases.engine, {"ABCp": "Preferred", "XYZp": "Preferred", "XYZP": "Common"})
    await store_bars(databases.engine, bars("QQQ", 3))

    async with desk.client() as client:
        assert (await client.get("/s/abcp")).headers["Location"] == "/s/ABCp"
        assert (await client.get("/s/qqq?range=1y")).headers["Location"] == "/s/QQQ?range=1y"
        assert (await client.get("/api/v1/bars/qqq")).json()["symbol"] == "QQQ"
        either = await client.get("/api/v1/bars/xyzp")
    assert either.status_code == 404
    assert "XYZP, XYZp" in either.json()["detail"]
    assert LINK.findall(await page(desk, "/s/xyzp", 300)) == ["XYZP", "XYZp"]


async def test_a_symbol_known_only_from_engine_events_has_a_page(desk: Desk, databases: Databases) -> None:
    await store_patterns(databases.engine, "daily", [PatternRow("M&M.NS", "Hammer", OPEN)])
    await desk.publish(PatternDetected(symbol="$SPX", pattern="Doji", timeframe="1min", confidence=0.5, at=OPEN))
    await desk.publish(IndicatorCalculated(symbol="BTC+USD", indicator="RSI14", timeframe="1min", value=70.5, at=OPEN))
    await until(lambda: desk.context.hub.stats.published)

    assert {"M%26M.NS"} <= set(LINK.findall(await page(desk, "/")))
    for address, words in (("M%26M.NS", "Hammer"), ("%24SPX", "No price of it"), ("BTC%2BUSD", "70.50")):
        await until(lambda: desk.context.hub.stats.published >= 2)
        assert words in await page(desk, f"/s/{address}")
    await page(desk, "/s/BTC-USD", 404)
    assert (await page(desk, "/patterns/search?symbol=m%26m.ns")).count("<li ") == 1


def test_invalid_symbols_in_a_database_are_ignored() -> None:
    board = QuoteBoard([Instrument("../X"), Instrument("BRK B"), Instrument("BRK.B")])

    assert list(board.instruments) == ["BRK.B"]


async def test_a_list_of_prices_without_a_stream_says_how_current_they_were(desk: Desk) -> None:
    html = await page(desk, "/symbols")

    assert "hx-sse:connect" not in html
    assert re.search(r'<html[^>]* data-live="none" data-feed="[a-z]+"', html)
    (badge,) = re.findall(r'<p class="state badge">(.*?)</p>', html, re.DOTALL)
    assert re.findall(r'id="condition" data-kind="([a-z]+)"', badge) == re.findall(r'data-feed="([a-z]+)"', html)
    assert "when loaded:" in badge
    assert 'id="reason"' in html
    assert "data-feed" not in (await page(desk, "/account"))


async def test_a_former_address_of_a_symbol_leads_to_its_page(desk: Desk) -> None:
    async with desk.client() as client:
        moved = await client.get("/symbols/BF/B?range=1y", follow_redirects=False)

    assert (moved.status_code, moved.headers["Location"]) == (301, "/s/BF%2FB?range=1y")
