"""The page of indicators: newest values of many symbols, each of which leads to a scan."""

import re

import httpx
import pytest

from app.rules.catalogue import TIMEFRAMES
from app.rules.parse import parse
from app.rules.show import show
from app.scans.columns import SETS, SORTABLE, ScreenColumn, ValueKind
from app.scans.fitting_rules import fitting_rule
from app.scans.signals import SIGNALS, signals
from tests.scans.conftest import alice, bob, desk
from tests.security.conftest import redis
from tests.support.list_pages import get, new_list

__all__ = ["alice", "bob", "desk", "redis"]

pytestmark = pytest.mark.asyncio(loop_scope="module")


def symbols(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/s/[^"]*">([^<]*)</a>', page)


async def test_a_value_leads_to_the_scan_that_it_matches(alice: httpx.AsyncClient) -> None:
    page = await get(alice, "/indicators?cols=tech")

    assert symbols(page) == ["AAPL", "BF/B", "BRK.B", "GE", "X:BTCUSD"]
    for symbol, value in (("BRK.B", "28.0"), ("GE", "2.0"), ("BF/B", "45.0")):
        path = re.search(rf'>{re.escape(symbol)}</a>.*?<a href="(/scan\?q=rsi14[^"]*)">{value}</a>', page, re.DOTALL)
        assert path
        assert symbol in symbols(await get(alice, path[1]))


async def test_a_signal_says_for_how_many_symbols_it_holds_by_itself(alice: httpx.AsyncClient) -> None:
    page = await get(alice, "/indicators?cols=tech")

    paths = dict(re.findall(r'<a href="([^"]*)">[^<]*</a></th><td class="num">(\d+)<', page))
    assert paths["/scan?q=rsi14:..30&cols=tech&v=1"] == "3"
    assert paths["/scan?q=close:gt:sma200&cols=tech&v=1"] == "1"
    assert symbols(await get(alice, "/scan?q=rsi14:..30&cols=tech&v=1")) == ["AAPL", "BRK.B", "GE"]


async def test_symbols_are_those_of_a_universe_or_of_a_list(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    path = await new_list(alice, "Indicators of mine", "GE", "BF/B")
    of_list = f"/indicators?in=list.{path.rpartition('/')[2]}"

    assert symbols(await get(alice, "/indicators?in=market_leaders:top_2")) == ["AAPL", "BRK.B"]
    page = await get(alice, of_list)
    assert symbols(page) == ["BF/B", "GE"]
    assert f'<option value="{of_list.partition("=")[2]}" selected>Indicators of mine</option>' in page
    await get(bob, of_list, 404)


async def test_rows_are_ordered_by_a_column_and_stand_on_pages(alice: httpx.AsyncClient) -> None:
    assert symbols(await get(alice, "/indicators?cols=tech&sort=-rsi14")) == ["BF/B", "AAPL", "BRK.B", "GE", "X:BTCUSD"]
    last = await get(alice, "/indicators?tf=w&page=3")
    assert symbols(last) == [f"W{number:03}" for number in range(100, 120)]
    assert re.findall(r'rel="(prev|next)"', last) == ["prev"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("in=nowhere", 400),
        ("cols=x", 400),
        ("tf=x", 400),
        ("sort=x", 400),
        ("page=x", 400),
        ("page=9", 404),
        ("q=a", 400),
    ],
)
async def test_what_is_not_there_is_refused(alice: httpx.AsyncClient, query: str, status: int) -> None:
    await get(alice, f"/indicators?{query}", status)


async def test_programs_are_sent_every_row(alice: httpx.AsyncClient) -> None:
    sent = (await alice.get("/indicators.json?cols=tech&in=market_leaders:top_2")).json()

    assert [(row["symbol"], row["rsi14"]) for row in sent["rows"]] == [("AAPL", 30.0), ("BRK.B", 28.0)]
    assert len((await alice.get("/indicators.csv?tf=w")).text.splitlines()) == 121


async def test_the_page_asks_for_the_quotes_of_its_rows(alice: httpx.AsyncClient) -> None:
    page = await get(alice, "/indicators?in=market_leaders:top_2")

    assert re.search(r"/stream\?topics=[^\"]*quotes:AAPL[^\"]*quotes:BRK\.B", page)


@pytest.mark.parametrize("value", [-12.345678, -0.004, 0.0, 0.5, 28.349999, 50.0, 123_456_789.0])
@pytest.mark.parametrize("column", SORTABLE.values(), ids=list(SORTABLE))
async def test_a_fitting_rule_is_one_that_people_can_type(column: ScreenColumn, value: float) -> None:
    rule = fitting_rule(column, "Hammer" if column.kind is ValueKind.TEXT else value)

    if rule is not None:
        assert parse(show(rule)) == rule


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
async def test_every_set_of_columns_has_signals_in_every_timeframe(timeframe: str) -> None:
    assert SIGNALS.keys() == SETS.keys()
    assert all(len(signals(columns, timeframe).conditions) >= 3 for columns in SETS)


@pytest.mark.parametrize("columns", SETS)
async def test_every_set_of_columns_is_shown_in_every_timeframe(alice: httpx.AsyncClient, columns: str) -> None:
    for timeframe in TIMEFRAMES:
        await get(alice, f"/indicators?cols={columns}&tf={timeframe}")
