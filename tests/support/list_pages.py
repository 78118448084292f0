"""A served desk with instruments and quotes, and the steps by which people work on their lists there."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path

import httpx

from app.embedded.places import Places
from app.finance.instrument import Instrument
from app.quotes.board import QuoteBoard
from tests.pipeline.conftest import Desk
from tests.support.people_pages import BOB, add
from tests.support.quote_samples import AWKWARD, LONG_NAME, quote
from tests.support.served_desk import run_desk

PAGE = {"Accept": "text/html"}
NAMES = {
    "AAPL": "Apple Inc.",
    "MSFT": "Microsoft Corporation",
    "GE": "General Electric",
    "GM": "General Motors",
    **dict.fromkeys(AWKWARD, LONG_NAME),
}


@asynccontextmanager
async def desk_with_quotes(redis: str, places: Places, template: str, data_dir: Path) -> AsyncIterator[Desk]:
    """Alice is signed in, Bob has an account."""
    async with run_desk("auto", redis, places, template, data_dir) as desk:
        board = desk.context.boards[QuoteBoard]
        assert isinstance(board, QuoteBoard)
        board.add_instruments(Instrument(symbol, name) for symbol, name in NAMES.items())
        board.seed([quote("AAPL", 100.0), quote("BRK.B", 85.5), quote("BF/B", 50.0, previous_close=None)])
        await add(desk, BOB)
        yield desk


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    """The page's text, without entities."""
    answer = await client.get(path, headers=PAGE)
    assert answer.status_code == status, answer.text
    ids = re.findall(r'\sid="([^"]*)"', answer.text)
    assert len(ids) == len(set(ids))
    assert answer.text.count("<h1") == 1
    return unescape(answer.text)


async def post(client: httpx.AsyncClient, path: str, status: int = 303, **fields: str | list[str]) -> str:
    """Where it leads, or the page's text."""
    answer = await client.post(path, data=fields, headers=PAGE)
    assert answer.status_code == status, answer.text
    return answer.headers["Location"] if status == 303 else unescape(answer.text)


async def new_list(client: httpx.AsyncClient, name: str, *symbols: str) -> str:
    """The path of a new list."""
    path = await post(client, "/w", name=name)
    for symbol in symbols:
        await post(client, path, symbol=symbol)
    return path


def rows(html: str) -> list[str]:
    """The symbols of the table, in order."""
    return re.findall(r'<tr id="row-[^"]*">\s*<th scope="row"><a href="/s/[^"]*">([^<]+)</a>', html)


def undo_path(html: str) -> str:
    (path,) = re.findall(r'action="(/w/undo/[^"]+)"', html)
    return path


def order_fields(symbol: str, before: str = "", **fields: str) -> dict[str, str]:
    """One row of the form of order and notes."""
    row = {"symbol": symbol, "before": before, **fields}
    return {"first": "1", **{f"rows-0-{name}": value for name, value in row.items()}}
