import re
from html import unescape
from urllib.parse import quote

import httpx

from app.db.pools import Pool
from app.finance.adjust import PRICES
from app.market import partials as market
from app.quotes.board import QuoteBoard
from app.quotes.charts.settings import SPANS, ChartSettings
from app.web.filters import dom_id, symbol_path
from tests.pipeline.conftest import Desk
from tests.support.desk_pages import administrators_page, page
from tests.support.quote_samples import AWKWARD, LONG_NAME, tick
from tests.support.shared_costs import TLS
from tests.support.waiting import until


async def test_the_desk_shows_quotes_patterns_and_its_own_state(desk: Desk) -> None:
    html = await page(desk, "/")

    for symbol in AWKWARD:
        assert f'id="{dom_id("row", symbol)}"' in html
        assert f'href="{symbol_path(symbol)}"' in html
    assert LONG_NAME in html
    assert html.count(">Hammer<") == 3
    assert "No live prices yet" in html


async def test_the_parts_of_the_desk_are_listed_to_administrators_alone(desk: Desk) -> None:
    parts = [f'<li id="{part}"' for part in ("ticks", "engine", "redis", "database", "readers", "jobs", "processing")]
    reader = await page(desk, "/")
    administrator = await administrators_page(desk)

    assert [part for part in parts if part in reader] == []
    assert [part for part in parts if part not in administrator] == []


async def test_pages_for_users_name_no_internal_component(desk: Desk) -> None:
    paths = ("/", "/symbols", "/s/BRK.B", "/s/NONE", "/symbols?q=NONE", "/patterns", "/account", "/nowhere")
    async with desk.client() as client:
        pages = [(await client.get(path, headers={"Accept": "text/html"})).text for path in paths]
    words = [unescape(re.sub(r"<[^>]*>", " ", html)) for html in pages]

    internal_terms = re.findall(r"(?i)\b(?:redis|valkey|postgres\w*|database|engine|wire|xnys|xnas)\b", " ".join(words))

    assert internal_terms == []


def test_the_notice_of_missed_detections_uses_plain_words() -> None:
    assert not re.search("(?i)redis|database", market.gap("patterns", "detections"))


async def test_the_stream_of_the_desk_requests_the_topics_that_the_page_shows(desk: Desk) -> None:
    html = await page(desk, "/")

    (topics,) = re.findall(r'hx-sse:connect="/stream\?topics=([^&"]*)', html)

    assert set(topics.split(",")) == {
        "patterns",
        "status",
        "quotes",
        "breadth",
        "movers:5-100000",
        "chart:BF%2FB:cmFuZ2U9M20",
    }


async def test_a_symbols_page_has_a_chart_and_a_list_of_its_bars(desk: Desk) -> None:
    for symbol in AWKWARD:
        html = await page(desk, f"/s/{quote(symbol)}")

        assert f'id="{dom_id("chart", symbol)}"' in html
        assert f'id="{dom_id("candle", symbol)}"' in html
        assert html.count('<li tabindex="-1">') == 120


async def test_the_title_of_a_symbol_begins_with_its_price_and_change(desk: Desk) -> None:
    for symbol in AWKWARD:
        board = desk.context.boards[QuoteBoard]
        assert isinstance(board, QuoteBoard)
        row = board.quote(symbol)
        html = await page(desk, f"/s/{quote(symbol)}")

        assert row is not None
        (price, change) = re.search(r"<title>(\S+) (\S+%) " + re.escape(symbol) + " · TickStock</title>", html).groups()
        assert price == f"{row.price:,.2f}"
        assert change[0] in "+\u2212"


async def test_a_mark_in_the_chart_leads_to_its_pattern(desk: Desk) -> None:
    for symbol in AWKWARD:
        html = await page(desk, f"/s/{quote(symbol)}")

        (mark,) = re.findall(r'<a class="mark \w+" href="(/detections/[^"]*)" aria-label="Hammer', html)
        assert f">{symbol}</a>" in await page(desk, mark)


async def test_each_range_of_a_chart_has_an_address(desk: Desk) -> None:
    for span, timeframe in SPANS.items():
        html = await page(desk, f"/s/BRK.B?range={span}")

        assert f'<a href="/s/BRK.B?range={span}" aria-current="true">' in html
        assert f"chart:BRK.B:{ChartSettings(span=span, timeframe=timeframe).key}" in html


async def test_a_chart_is_shown_in_the_prices_that_are_asked_for(desk: Desk) -> None:
    for prices in PRICES:
        parameter = "" if prices == "split" else f"prices={prices}"
        html = await page(desk, f"/s/BRK.B?{parameter}")

        assert f"chart:BRK.B:{ChartSettings(prices=prices).key}" in html
        assert html.count('aria-current="true"') == 2
        assert f'<a href="/s/BRK.B?range=1y{"&amp;" if parameter else ""}{parameter}">' in html


async def test_an_unknown_price_adjustment_is_refused_with_the_choices(desk: Desk) -> None:
    for nonsense in ("adjusted", "total&prices=%00", "%3Cscript%3E"):
        html = await page(desk, f"/s/BRK.B?prices={nonsense}", 400)

        assert "<script>" not in html
        assert ("said more than once" if nonsense.startswith("total") else "one of split, total, raw") in html


async def test_a_tick_is_on_the_next_page(desk: Desk) -> None:
    board = desk.context.boards[QuoteBoard]
    assert isinstance(board, QuoteBoard)
    await desk.publish(tick("BF/B", 7654.25))
    await until(lambda: (board.quote("BF/B") or tick("", 0)).price == 7654.25)

    assert "7,654.25" in await page(desk, "/s/BF/B")
    assert "7.654,25" in await page(desk, "/", numbers="comma")


async def test_an_unknown_symbol_is_a_404_with_near_matches(desk: Desk) -> None:
    for typed, near in (("BRKB", "BRK.B"), ("BF.B", "BF/B"), ("BTCUSD", "X:BTCUSD"), ("bf/c", "BF/B")):
        html = await page(desk, f"/s/{typed}", 404)

        assert re.search(f'<a href="/s/[^"]*">{re.escape(near)}</a>', html)


async def test_a_malformed_symbol_address_is_a_404(desk: Desk) -> None:
    for path in ("/s/%00", "/s/<script>", "/s/" + "A" * 500):
        assert "<script>" not in await page(desk, path, 404)


async def test_one_symbol_has_one_address(desk: Desk) -> None:
    async with desk.client() as client:
        answer = await client.get("/s/brk.b?range=1y")

    assert answer.status_code == 303, "not for ever: brk.b may be a symbol of its own one day"
    assert answer.headers["Location"] == "/s/BRK.B?range=1y"


async def test_a_search_by_symbol_or_name_redirects_to_the_only_match(desk: Desk) -> None:
    assert await page(desk, "/symbols?q=ohio") != await page(desk, "/symbols?q=nobody")
    assert "3 found" in await page(desk, "/symbols?q=ohio")
    assert "Nothing is called" in await page(desk, "/symbols?q=%3Cb%3E")

    async with desk.client() as client:
        answer = await client.get("/symbols?q=x:btcusd")
    assert answer.headers["Location"] == "/s/X%3ABTCUSD"


async def test_patterns_can_be_filtered_by_symbol_and_timeframe(desk: Desk) -> None:
    assert (await page(desk, "/patterns/search")).count("<li ") == 3
    assert (await page(desk, "/patterns/search?symbol=bf/b")).count("<li ") == 1
    assert "No pattern is stored for this choice" in await page(desk, "/patterns/search?timeframe=1min")
    assert (await page(desk, "/patterns/search?symbol=%00%27;--", 400)).count("<li ") == 0


async def test_the_desk_needs_a_sign_in(desk: Desk) -> None:
    base = f"http://127.0.0.1:{desk.settings.port}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, verify=TLS, timeout=30) as stranger:
        for path in ("/", "/symbols", "/s/BRK.B", "/patterns"):
            answer = await stranger.get(path, headers={"Accept": "text/html"})
            assert answer.status_code == 303
            assert answer.headers["Location"].startswith("/login")


async def test_live_data_continues_while_the_market_database_is_down(desk: Desk) -> None:
    await page(desk, "/s/BRK.B?range=3m")
    desk.context.pools.market = Pool("postgresql://nobody@127.0.0.1:1/none", "away")

    assert "Earlier patterns are not available now" in await page(desk, "/")
    cached = await page(desk, "/s/BRK.B?range=3m")
    never_read = await page(desk, "/s/BRK.B?range=1y")

    assert "History is not available now" in cached
    assert cached.count('<li tabindex="-1">') > 60
    assert "History is not available now" in never_read
    await page(desk, "/patterns/search", 503)
    await page(desk, "/s/NOBODY", 503)
