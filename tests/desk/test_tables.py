"""Every table of a page as JSON, CSV and text: by suffix, by Accept, with the rows of its page."""

import csv
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from app.web.filters import detection_path
from app.web.formats import TableFormat
from tests.api.conftest import administrator, get, market, new_token
from tests.pipeline.conftest import Desk
from tests.support.list_pages import new_list, order_fields, post
from tests.support.quote_samples import AWKWARD, OPEN
from tests.support.route_matrix import unconnected_app

__all__ = ["market"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONE = "Asia/Tokyo"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
TYPES = {"json": "application/json", "csv": "text/csv", "txt": "text/plain"}
OVERSOLD = "/scan?q=rsi14:..30&v=1"
DETECTION = detection_path("BF/B", "Hammer", "daily", OPEN)
TABLES: Mapping[str, tuple[str, list[str]]] = {
    "/desk": ("/desk", [*AWKWARD]),
    "/symbols": ("/symbols?q=b", ["BF/B", "BRK.B"]),
    "/w": ("/w", ["Awkward"]),
    "/w/<slug:slug>": ("/w/awkward?sort=-symbol&cols=note", [*sorted(AWKWARD, reverse=True)]),
    "/screens": ("/screens", ["Oversold"]),
    "/screens/<slug:slug>": ("/screens/oversold", ["BRK.B"]),
    "/scan": (OVERSOLD, ["BRK.B"]),
    "/scan/fields": ("/scan/fields", ["rsi", "symbol"]),
    "/indicators": ("/indicators?cols=tech", ["BRK.B"]),
    "/market": ("/market?min_price=0&min_volume=0", [*AWKWARD]),
    "/patterns": ("/patterns", [*AWKWARD]),
    "/patterns/search": ("/patterns/search?pattern=Doji", [*AWKWARD]),
    "/patterns/statistics": ("/patterns/statistics", []),
    "/detections/<path:names>/<at>": (DETECTION, ["BF/B"]),
    "/admin/audit": ("/admin/audit?action=make_token", ["make_token"]),
}
"""By the rule of the page: an address, and some of what its cells hold."""
CHART = "/s/<path:symbol>"
"""No table of its page: tests/desk/test_symbol_formats.py."""
PAGES = {**{rule: address for rule, (address, _) in TABLES.items()}, "/desk": "/"}


def suffixed(address: str, suffix: str) -> str:
    path, mark, query = address.partition("?")
    return f"{path}.{suffix}{mark}{query}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(market: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator with a list, a screen, and a time zone."""
    async with administrator(market) as client:
        path = await new_list(client, "Awkward", *AWKWARD)
        await post(client, f"{path}/order", **order_fields("BRK.B", note="=1+1"))
        await post(client, f"{path}/desk")
        rule = {"q": "rsi14:..30", "tf": "d", "sort": "symbol", "cols": "tech"}
        await post(client, "/screens/new", name="Oversold", **rule)
        await post(client, "/view", zone=ZONE, next="/")
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(bob: httpx.AsyncClient) -> str:
    return await new_token(bob, "admin")


async def test_every_table_is_here_and_has_every_format() -> None:
    rules = {rule.rule for rule in unconnected_app().url_map.iter_rules()}
    paths = {
        path
        for path, _, suffix in (rule.rpartition(".") for rule in rules)
        if suffix in tuple(TableFormat) and not path.startswith("/api/")
    }

    assert paths == {*TABLES, "/shared/<token>", CHART}
    for path in paths - {CHART}:
        assert {f"{path}.{suffix}" for suffix in (*TableFormat, "html")} <= rules


@pytest.mark.parametrize("rule", TABLES)
async def test_a_table_has_the_same_rows_in_every_format(market: Desk, token: str, rule: str) -> None:
    address, expected = TABLES[rule]
    answers = {kind: await get(market, suffixed(address, kind), token) for kind in TYPES}
    assert {kind: answer.status_code for kind, answer in answers.items()} == dict.fromkeys(TYPES, 200)

    document: dict[str, Any] = answers["json"].json()
    heads, *lines = csv.reader(StringIO(answers["csv"].text, newline=""))
    text = answers["txt"].text.splitlines()
    cells = [str(value) for row in document["rows"] for value in row.values()]

    for kind, answer in answers.items():
        assert answer.headers["Content-Type"].partition(";")[0] == TYPES[kind]
    assert document["zone"] == ZONE
    assert datetime.fromisoformat(document["as_of"]).tzinfo is not None
    assert heads[-1] == f"as_of ({ZONE})"
    assert [head.partition(" ")[0] for head in heads[:-1]] == [column["name"] for column in document["columns"]]
    assert len({column["name"] for column in document["columns"]}) == len(document["columns"])
    assert len(document["rows"]) == len(lines)
    assert f"{len(lines)} row" in text[len(lines) + 2]
    assert [value for value in expected if value not in cells] == []
    for name, line in zip(document["rows"], lines, strict=True):
        numbers = {key: value for key, value in name.items() if isinstance(value, float)}
        assert {key: float(line[list(name).index(key)]) for key in numbers} == numbers


@pytest.mark.parametrize("rule", TABLES)
async def test_at_the_address_of_a_page_accept_decides(bob: httpx.AsyncClient, rule: str) -> None:
    for accept, kind in ((BROWSER, "text/html"), *((kind, kind) for kind in TYPES.values())):
        answer = await bob.get(PAGES[rule], headers={"Accept": accept})
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)
        assert "Accept" in answer.headers["Vary"].split(", ")


@pytest.mark.parametrize("rule", TABLES)
async def test_a_table_refuses_a_parameter_that_its_page_has_not(market: Desk, token: str, rule: str) -> None:
    address = suffixed(TABLES[rule][0], "csv")
    joined = f"{address}{'&' if '?' in address else '?'}{urlencode({'symbl': 'AAPL'})}"

    assert (await get(market, joined, token)).status_code == 400


async def test_a_list_keeps_the_order_of_the_address_and_no_note_becomes_a_formula(market: Desk, token: str) -> None:
    table = (await get(market, "/w/awkward.csv?sort=-symbol&cols=tech", token)).text
    rows = [*csv.DictReader(StringIO(table, newline=""))]

    assert [row["symbol"] for row in rows] == sorted(AWKWARD, reverse=True)
    assert next(row["note"] for row in rows if row["symbol"] == "BRK.B") == "'=1+1"
    assert "rsi14" in rows[0]


async def test_tables_of_somebody_else_are_not_there(market: Desk) -> None:
    async with market.client() as alice:
        other = await new_token(alice)

    assert [(await get(market, path, other)).status_code for path in ("/w/awkward.csv", "/screens/oversold.txt")] == [
        404
    ] * 2
    assert (await get(market, "/w.json", other)).json()["rows"] == []


async def test_the_chart_of_a_detection_is_a_picture_of_its_own(market: Desk, token: str) -> None:
    answer = await get(market, f"{DETECTION}.svg", token)
    async with market.client() as client:
        image = await client.get(DETECTION, headers={"Accept": "image/avif,image/svg+xml,*/*;q=0.8"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert answer.text.startswith('<svg id="frozen-')
    assert 'xmlns="http://www.w3.org/2000/svg"' in answer.text
    assert "BF/B, daily, " in answer.text
    assert "<style" not in answer.text
    assert image.text == answer.text
    for suffix in ("svg", "json"):
        absent = await get(market, f"/detections/BF/B/Nothing/daily/2012-08-31T20:00:00Z.{suffix}", token)
        assert absent.status_code == 404


@pytest.mark.parametrize(("path", "symbols"), [("/w/awkward", [*AWKWARD]), ("/screens/oversold", ["BRK.B"])])
async def test_whoever_has_a_link_reads_its_table_without_notes(
    market: Desk, bob: httpx.AsyncClient, path: str, symbols: list[str]
) -> None:
    page = (await bob.post(f"{path}/shares", headers={"Accept": "text/html"}, follow_redirects=True)).text
    (link,) = set(re.findall(r"/shared/[\w-]+", page))
    answers = {kind: await get(market, f"{link}.{kind}", None) for kind in TYPES}
    table = await get(market, link, None, Accept="application/json")

    assert [row["symbol"] for row in answers["json"].json()["rows"]] == symbols
    assert table.json()["rows"] == answers["json"].json()["rows"]
    for answer in answers.values():
        assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert not re.search("1\\+1|bob|note|section", answer.text)
    assert (await get(market, f"/shared/{'x' * 22}.csv", None)).status_code == 404
