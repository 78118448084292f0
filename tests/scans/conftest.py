"""A served desk whose market has newest rows of a few symbols."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app.embedded.places import Places
from tests.pipeline.conftest import Desk
from tests.security.conftest import redis
from tests.support.databases import Databases
from tests.support.latest_rows import latest_row, put_latest
from tests.support.list_pages import desk_with_quotes
from tests.support.people_pages import BOB, signed_in

__all__ = ["redis"]

AT = datetime(2012, 9, 5, 18, 30, tzinfo=UTC)
FACTS = """
insert into symbols (symbol, name, exchange, type, sector) values
  ('BRK.B', 'Berkshire Hathaway', 'XNYS', 'CS', 'Financial'), ('BF/B', 'Brown-Forman', 'XNYS', 'CS', 'Consumer'),
  ('X:BTCUSD', 'Bitcoin', '', '', ''), ('AAPL', 'Apple Inc.', 'XNAS', 'CS', 'Technology'),
  ('GE', 'General Electric', 'XNYS', 'CS', 'Industrial');
insert into cache_entries (type, name, key, value, environment) values
  ('stock_universe', 'market_leaders', 'top_2', '["AAPL", "BRK.B"]', 'DEFAULT');
"""
ROWS = (
    latest_row("BRK.B", {"close": 84, "chg": 1.2, "rsi14": 28, "sma200": 80, "relvol": 1.2, "volume": 3.5e6}),
    latest_row("BF/B", {"close": 60, "chg": -3.2, "rsi14": 45, "sma200": 61, "relvol": 3, "volume": 400}),
    latest_row("X:BTCUSD", {"close": 11, "relvol": 2}),
    latest_row("AAPL", {"close": 95, "chg": 0.0, "rsi14": 30, "sma200": 95, "relvol": 0.5, "volume": 9e6}),
    latest_row("GE", {"close": 0.0301, "chg": -99.5, "rsi14": 2, "sma200": 90, "volume": 1e12}),
)
WEEKS = tuple(latest_row(f"W{number:03}", {"close": number}, "weekly") for number in range(120))
"""More than one page of them."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    places: Places, furnished: str, redis: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    async with desk_with_quotes(redis, places, furnished, tmp_path_factory.mktemp("scans")) as served:
        async with market_link(served, places) as link:
            await link.execute(FACTS)
            await put_latest(link, [row._replace(at=AT.timestamp()) for row in (*ROWS, *WEEKS)])
        yield served


@asynccontextmanager
async def market_link(desk: Desk, places: Places) -> AsyncIterator[asyncpg.Connection]:
    """The engine's connection to the market of the desk."""
    link = await asyncpg.connect(databases_of(desk, places).engine)
    yield link
    await link.close()


def databases_of(desk: Desk, places: Places) -> Databases:
    assert desk.settings.database.url
    return Databases.of(places, urlsplit(desk.settings.database.url.get_secret_value()).path[1:])


@pytest_asyncio.fixture(loop_scope="module")
async def alice(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with desk.client() as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def bob(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(desk, BOB) as client:
        yield client
