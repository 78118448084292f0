"""A served desk with stored market data, a person, and programs with tokens."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from app.db import roles
from app.embedded import postgres, valkey
from app.embedded.child import Child
from app.embedded.places import Places
from app.identity import Role
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, RedisSection
from app.wire.client import close, connect
from tests.accounts.conftest import IN_TIME
from tests.conftest import copied
from tests.pipeline.conftest import Desk, desk, serving, settings
from tests.support.latest_rows import latest_row, put_latest
from tests.support.people_pages import PASSWORD, add
from tests.support.ports import free_port
from tests.support.quote_samples import AWKWARD, LONG_NAME, OPEN, bars
from tests.support.shared_costs import TLS
from tests.support.stored_bars import PatternRow, store_bars, store_minutes, store_patterns, store_symbols

__all__ = ["desk", "settings"]

PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
BOB = "bob@example.org"

UNIVERSES = """
insert into cache_entries (type, name, key, value, environment)
values ('stock_universe', 'market_leaders', 'top_2', '["BRK.B", "BF/B"]', 'DEFAULT')
"""
RSI_28 = {"close": 84, "chg": 1.25, "rsi14": 28}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def market(
    places: Places, furnished: str, valkey_server: Child, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    """One desk with stored market data for all tests that only read."""
    client = connect(valkey.url(places))
    await client.flushall()
    await close(client)
    async for name in copied(places, furnished):
        own, market_url, engine = (postgres.url(places, name, role) for role in (roles.OWN, roles.MARKET, roles.ENGINE))
        await store(engine)
        async with serving(
            Settings(
                port=free_port(),
                data_dir=tmp_path_factory.mktemp("market"),
                redis=RedisSection(url=SecretStr(valkey.url(places))),
                database=DatabaseSection(url=SecretStr(own), market_url=SecretStr(market_url), acquire_seconds=IN_TIME),
            )
        ) as served:
            yield served


async def store(url: str) -> None:
    for symbol in AWKWARD:
        await store_bars(url, bars(symbol, 30))
    await store_minutes(url, "BF/B", {OPEN + 60 * n: 50.0 + n for n in range(3)})
    await store_symbols(url, dict.fromkeys(AWKWARD, LONG_NAME))
    detections = [
        PatternRow(symbol, name, OPEN - 86_400 * n) for symbol in AWKWARD for n, name in enumerate(("Hammer", "Doji"))
    ]
    await store_patterns(url, "daily", detections)
    link = await asyncpg.connect(url)
    await link.execute(UNIVERSES)
    newest = [latest_row("BRK.B", RSI_28), latest_row("BF/B", {"close": 60, "rsi14": 45})]
    await put_latest(link, [row._replace(at=OPEN) for row in newest])
    await link.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(market: Desk) -> str:
    async with market.client() as client:
        return await new_token(client)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(market: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Has a token that may change what is its owner's."""
    async with market.client() as client:
        token = await new_token(client, "jobs", "Writer")
    async with program_client(market, token) as client:
        yield client


@pytest.fixture
async def admin(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with administrator(desk) as client:
        yield client


@asynccontextmanager
async def administrator(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    await add(desk, BOB, Role.ADMIN)
    async with desk.client() as client:
        client.cookies.clear()
        assert (await client.post("/login", data={"email": BOB, "password": PASSWORD})).status_code == 303
        yield client


async def new_token(client: httpx.AsyncClient, scope: str = "read", name: str = "Cron job", days: str = "30") -> str:
    """Creates a token and returns it as its owner sees it once."""
    sent = {"name": name, "scope": scope, "days": days}
    answer = await client.post("/account/tokens", data=sent, headers=PAGE)
    assert (answer.status_code, answer.headers.get("Location")) == (303, "/account/tokens"), answer.text
    text = (await client.get("/account/tokens", headers=PAGE)).text
    (token,) = re.findall(r"<code>(ts_[^<]+)</code>", text)
    return token


def program_client(market: Desk, token: str) -> httpx.AsyncClient:
    base, headers = f"http://127.0.0.1:{market.settings.port}", {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=base, trust_env=False, verify=TLS, timeout=30, headers=headers)


async def get(desk: Desk, path: str, token: str | None, **headers: str) -> httpx.Response:
    """Sends a request as a program without cookies does."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        fields["Authorization"] = f"Bearer {token}"
    base = f"http://127.0.0.1:{desk.settings.port}"
    async with httpx.AsyncClient(base_url=base, trust_env=False, verify=TLS, timeout=30) as client:
        return await client.get(path, headers=fields)
