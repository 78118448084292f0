from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.db.migrate import migrate
from app.db.pools import Pool
from app.embedded import postgres
from app.embedded.child import Child
from app.embedded.places import Places
from app.engine.startup.history import ShippedHistory, load
from app.settings.load import Settings
from tests.conftest import copied
from tests.support.filled_databases import fill_database
from tests.support.running_engine import PATH, UNTIL


@pytest.fixture(scope="session")
def with_history(places: Places, postgres_server: Child) -> str:
    """The name of a database as an engine's first start leaves it, to be copied."""
    return fill_database(places, "with_history", "template1", _load_shipped)


async def _load_shipped(url: str) -> None:
    await migrate("market", url)
    pool = Pool(url, "engine", 1, acquire_seconds=10.0, statement_ms=10_000)
    await load(pool, ShippedHistory(PATH, UNTIL), Settings().engine.min_confidence)
    await pool.close()


@pytest.fixture
async def database_url(places: Places, with_history: str) -> AsyncIterator[str]:
    """The address of a database after an engine's first start; that start takes a second."""
    async for name in copied(places, with_history):
        yield postgres.url(places, name)


@pytest.fixture
async def empty_url(places: Places, postgres_server: Child) -> AsyncIterator[str]:
    async for name in copied(places, "template1"):
        yield postgres.url(places, name)


@pytest.fixture
async def link(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def empty_link(empty_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(empty_url)
    yield connection
    await connection.close()
