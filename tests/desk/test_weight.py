"""What the first load of the largest pages takes on the wire."""

import re

import pytest

from app.settings.load import Settings
from tests.conftest import Databases
from tests.pipeline.conftest import EMAIL, serving, settings
from tests.support.chart_models import SYMBOL, walk
from tests.support.full_market import LIST, store_full_list, store_full_market
from tests.support.served_desk import Desk, cookie, exchange, parse_answer
from tests.support.stored_bars import PatternRow, store_bars, store_patterns, store_symbols

__all__ = ["settings"]
ALLOWED = 30_000
LOADED = re.compile(r'<(?:link rel="(?:icon|stylesheet)" href|script nonce="[^"]*" src)="([^"]*)"')


def pages() -> list[str]:
    lists = [f"/w/{LIST}?cols={columns}" for columns in ("std", "perf", "tech", "vol", "pat", "risk", "note")]
    scans = [f"/scan?q=close:0..&cols={columns}&v=1" for columns in ("perf", "tech", "vol", "pat", "risk")]
    values = [f"/indicators?cols={columns}" for columns in ("perf", "tech", "vol", "pat", "risk")]
    return ["/", "/market", *values, *lists, f"{lists[1]}&sort=-chg", "/scan?q=close:0..&v=1", *scans]


async def load(desk: Desk, path: str, **headers: str) -> bytes:
    """The whole answer, head included."""
    fields = {"Host": f"127.0.0.1:{desk.settings.port}", "Cookie": cookie(desk), "Connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return await exchange(desk, f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())


async def first_load(desk: Desk, path: str) -> dict[str, int]:
    """By address, bytes of the page and of what it loads."""
    page = parse_answer(await load(desk, path))
    assert page.status == 200, path
    coded = {"Accept-Encoding": "br"}
    addresses = [path, *LOADED.findall(page.rest.decode())]
    return {address: len(await load(desk, address, **coded)) for address in addresses}


@pytest.mark.parametrize("transport", ["auto"], indirect=True)
async def test_the_first_load_of_a_full_page_is_light(settings: Settings, databases: Databases) -> None:
    await store_full_market(databases.engine)
    async with serving(settings) as desk:
        await store_full_list(databases.own, EMAIL)
        weights = {path: await first_load(desk, path) for path in pages()}

    assert all(len(each) >= 4 for each in weights.values()), weights
    assert {path: each for path, each in weights.items() if sum(each.values()) > ALLOWED} == {}


@pytest.mark.parametrize("transport", ["auto"], indirect=True)
async def test_the_first_load_of_a_symbol_is_light(settings: Settings, databases: Databases) -> None:
    days = walk(SYMBOL, 700, 1)
    await store_symbols(databases.engine, {SYMBOL: "Berkshire Hathaway Inc. Class B"})
    await store_bars(databases.engine, days)
    marks = [PatternRow(SYMBOL, "Hammer", bar.start + 20 * 3600) for bar in days[-200::4]]
    await store_patterns(databases.engine, "daily", marks)
    paths = (f"/s/{SYMBOL}", f"/s/{SYMBOL}?range=1y", f"/s/{SYMBOL}?range=1y&overlays=sma:20,sma:50&panes=rsi:14,macd")
    async with serving(settings) as desk:
        weights = {path: await first_load(desk, path) for path in paths}

    assert {path: each for path, each in weights.items() if sum(each.values()) > ALLOWED} == {}
