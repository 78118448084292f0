"""The chart of a symbol by itself: each format beside its page, for people and for tokens."""

import asyncio
import csv
import re
import struct
from collections.abc import AsyncIterator
from html import unescape
from io import StringIO
from typing import cast
from urllib.parse import quote, urlsplit

import httpx
import pytest
import pytest_asyncio

from app.db import roles
from app.embedded import postgres
from app.embedded.places import Places
from app.finance.instrument import Instrument
from app.quotes.board import QuoteBoard
from app.quotes.charts.png import PngRenderer
from app.web.errors import PROBLEMS
from tests.api.conftest import get, market, token
from tests.pipeline.conftest import Desk
from tests.support.quote_samples import AWKWARD, bars
from tests.support.stored_bars import store_bars, store_symbols

__all__ = ["market", "token"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = {"svg": "image/svg+xml", "csv": "text/csv", "json": "application/json", "txt": "text/plain"}
"""All but PNG, which redirects first."""
HOSTILE = '<i>A & B</i> "C"'
SUFFIXED = ("ABC", "ABC.txt", "ABC.TXT")
PNG = b"\x89PNG\r\n\x1a\n"


class CountingRenderer(PngRenderer):
    count = 0

    async def render(self, svg: str, width: int) -> bytes:
        self.count += 1
        return await super().render(svg, width)


def path(symbol: str, suffix: str = "") -> str:
    return f"/s/{quote(symbol, safe='')}{suffix}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(market: Desk, places: Places) -> Desk:
    """With symbols that end like suffixes, and one whose name is markup."""
    assert market.settings.database.url
    name = urlsplit(market.settings.database.url.get_secret_value()).path.removeprefix("/")
    url = postgres.url(places, name, roles.ENGINE)
    for symbol in (*SUFFIXED, "AT"):
        await store_bars(url, bars(symbol, 30))
    await store_symbols(url, {**dict.fromkeys(SUFFIXED, "Suffixed"), "AT": HOSTILE})
    board = market.context.boards[QuoteBoard]
    assert isinstance(board, QuoteBoard)
    board.add_instruments(Instrument(symbol, "Suffixed") for symbol in SUFFIXED)
    return market


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with desk.client() as client:
        yield client


def media_type(answer: httpx.Response) -> str:
    return answer.headers["Content-Type"].partition(";")[0]


@pytest.mark.parametrize("symbol", AWKWARD)
@pytest.mark.parametrize("kind", KINDS)
async def test_each_format_is_at_its_suffix_at_as_and_by_accept(
    reader: httpx.AsyncClient, symbol: str, kind: str
) -> None:
    answers = [
        await reader.get(path(symbol, f".{kind}")),
        await reader.get(path(symbol), params={"as": kind}),
        await reader.get(path(symbol), headers={"Accept": KINDS[kind]}),
    ]

    for answer in answers:
        assert (answer.status_code, media_type(answer)) == (200, KINDS[kind])
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.content == answers[0].content
    assert answers[2].headers["Vary"].split(", ").count("Accept") == 1
    page = await reader.get(path(symbol), headers={"Accept": "text/html,*/*;q=0.8"})
    assert media_type(page) == "text/html"


@pytest.mark.parametrize("kind", [*KINDS, "png"])
async def test_a_token_that_reads_opens_every_format(desk: Desk, token: str, kind: str) -> None:
    address = path("BF/B", f".{kind}")

    assert (await get(desk, address, token)).status_code == (302 if kind == "png" else 200)
    assert (await get(desk, address, None)).status_code == 401
    assert (await get(desk, address, "ts_wrong")).status_code == 401


async def test_at_the_address_of_the_page_a_token_is_answered_with_json(desk: Desk, token: str) -> None:
    for accept in ("*/*", "text/html"):
        answer = await get(desk, path("BRK.B"), token, Accept=accept)
        assert (answer.status_code, media_type(answer)) == (200, "application/json")


@pytest.mark.parametrize("kind", ["svg", "csv", "json"])
async def test_only_an_address_with_the_version_may_be_kept(reader: httpx.AsyncClient, kind: str) -> None:
    version = (await reader.get(path("BRK.B", ".json"))).json()["version"]
    current = await reader.get(path("BRK.B", f".{kind}"), params={"v": version})
    stale = await reader.get(path("BRK.B", f".{kind}"), params={"v": "0123456789abcdef"})

    assert current.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert stale.headers["Cache-Control"] == "private, no-cache"
    assert current.content == stale.content
    assert current.headers["ETag"] == f'"{version}"'
    unchanged = await reader.get(path("BRK.B", f".{kind}"), headers={"If-None-Match": current.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_another_way_of_writing_numbers_is_another_version(reader: httpx.AsyncClient) -> None:
    version = (await reader.get(path("BRK.B", ".json"))).json()["version"]
    reader.cookies.set("numbers", "comma")
    other = (await reader.get(path("BRK.B", ".json"))).json()["version"]
    reader.cookies.delete("numbers")

    assert other != version


async def test_a_png_is_at_the_address_with_its_version(reader: httpx.AsyncClient) -> None:
    first = await reader.get(path("BF/B", ".png"), params={"range": "1m"})
    address = first.headers["Location"]
    picture = await reader.get(address)

    assert first.status_code == 302
    assert address.startswith("/s/BF%2FB.png?range=1m&v=")
    assert media_type(picture) == "image/png"
    assert picture.content.startswith(PNG)
    assert struct.unpack(">II", picture.content[16:24]) == (1200, 630)
    assert picture.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert (await reader.get(path("BF/B", ".png"), params={"range": "1m", "v": "x"})).headers["Location"] == address
    assert (await reader.get(address)).content == picture.content


async def test_many_requests_for_one_picture_draw_it_once(
    desk: Desk, reader: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = CountingRenderer()
    monkeypatch.setitem(cast(dict[type, object], desk.context.boards), PngRenderer, renderer)
    answers = await asyncio.gather(*(reader.get(path("X:BTCUSD", ".png"), params={"range": "3m"}) for _ in range(12)))

    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert renderer.count == 1


async def test_a_symbol_that_ends_like_a_suffix_keeps_its_page(reader: httpx.AsyncClient) -> None:
    for symbol in ("ABC.txt", "ABC.TXT"):
        answer = await reader.get(path(symbol), headers={"Accept": "text/html"})
        assert (answer.status_code, media_type(answer)) == (200, "text/html")
        assert f"{symbol} · TickStock</title>" in answer.text
    for address in ("/s/ABC.txt.json", "/s/ABC.txt?as=json"):
        assert (await reader.get(address)).json()["symbol"] == "ABC.txt"
    assert (await reader.get("/s/ABC.json")).json()["symbol"] == "ABC"
    card = await reader.get("/s/ABC?as=txt")
    assert card.text.startswith("ABC  Suffixed\n")


@pytest.mark.parametrize("kind", [*KINDS, "png"])
async def test_an_unknown_symbol_is_a_404_with_near_ones(reader: httpx.AsyncClient, kind: str) -> None:
    for address in (path("BRK.C", f".{kind}"), f"{path('BRK.C')}?as={kind}"):
        answer = await reader.get(address)

        assert answer.status_code == 404
        assert media_type(answer) == ("application/problem+json" if kind == "json" else "text/plain")
        assert "BRK.B" in answer.text
    assert (await reader.get(path("BRK.C", ".json"))).json()["near"][0] == "BRK.B"


@pytest.mark.parametrize("kind", [*KINDS, "png"])
async def test_bad_settings_are_a_400_that_names_them(reader: httpx.AsyncClient, kind: str) -> None:
    for query, word in (("range=9z", "range"), ("panes=nothing", "panes"), ("colour=red", "colour")):
        answer = await reader.get(f"{path('BRK.B', f'.{kind}')}?{query}")

        assert answer.status_code == 400
        assert word in answer.text
        assert PROBLEMS[400].title in answer.text
    assert (await reader.get(f"{path('BRK.B')}?as=exe")).status_code == 400


@pytest.mark.parametrize("kind", KINDS)
async def test_another_spelling_leads_to_the_symbol(reader: httpx.AsyncClient, kind: str) -> None:
    answer = await reader.get(path("brk.b", f".{kind}"), params={"range": "1m"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/s/BRK.B.{kind}?range=1m")
    answer = await reader.get(path("bf/b"), params={"as": kind})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/s/BF%2FB?as={kind}")


async def test_a_name_is_text_in_every_format(reader: httpx.AsyncClient) -> None:
    svg, card = [(await reader.get(path("AT", f".{kind}"))).text for kind in ("svg", "txt")]

    assert "<i>" not in svg
    assert HOSTILE in card
    assert (await reader.get(path("AT", ".json"))).json()["name"] == HOSTILE


async def test_every_format_has_the_same_numbers(reader: httpx.AsyncClient) -> None:
    query = {"range": "1m", "overlays": "sma:5", "panes": "rsi:3"}
    document = (await reader.get(path("BF/B", ".json"), params=query)).json()
    heads, *lines = csv.reader(StringIO((await reader.get(path("BF/B", ".csv"), params=query)).text, newline=""))
    svg, card = [(await reader.get(path("BF/B", f".{kind}"), params=query)).text for kind in ("svg", "txt")]
    api_bars = (await reader.get("/api/v1/bars/BF%2FB?limit=100")).json()["bars"]
    closes = [bar["close"] for bar in api_bars][-len(lines) :]
    average = sum(closes[-5:]) / 5

    assert len(lines) > 15
    assert [float(line[heads.index("close (USD)")]) for line in lines] == closes
    assert [bar["close"] for bar in document["bars"]] == closes
    assert [bar["time"] for bar in document["bars"]] == [line[0] for line in lines]
    assert float(lines[-1][heads.index("sma_5 (USD)")]) == document["overlays"][0]["values"][-1] == average
    assert float(lines[-1][heads.index("rsi_3")]) == document["panes"][0]["curves"][0]["values"][-1] == 100
    assert f">SMA 5 {average:.2f}</text>" in svg
    assert f">{closes[-1]:.2f}</text>" in svg
    assert f"{document['summary'][0]}" in unescape(svg)
    assert (
        f"{min(bar['low'] for bar in document['bars']):.2f} to {max(bar['high'] for bar in document['bars']):.2f}"
        in card
    )
    assert document["settings"] == query


async def test_the_page_leads_to_its_chart_in_every_format(reader: httpx.AsyncClient) -> None:
    html = (await reader.get(path("BF/B"), params={"range": "1m"}, headers={"Accept": "text/html"})).text
    links = [unescape(link) for link in re.findall(r'href="((?:/s/BF%2FB\.|/account/charts)[^"]*)"', html)]

    assert links[:-1] == [f"/s/BF%2FB.{kind}?range=1m" for kind in ("svg", "png", "csv", "json", "txt")]
    assert [(await reader.get(link)).status_code for link in links] == [200, 302, 200, 200, 200, 200]


async def test_an_svg_opened_by_itself_has_its_styles_and_nothing_else(reader: httpx.AsyncClient) -> None:
    first = await reader.get(path("BRK.B", ".svg"))
    again = await reader.get(path("BRK.B", ".svg"), headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    for answer in (first, again):  # a browser takes the policy of the newest answer
        policy = answer.headers["Content-Security-Policy"]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
