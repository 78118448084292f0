"""A market database, a provider of history, and a client that requests loads."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.db.pools import Pool
from tests.conftest import Databases
from tests.support.history_server import DAYS, Massive, speaking
from tests.support.load_requests import LoadClient


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    database_pool = Pool(databases.engine, "loads", 2, acquire_seconds=10.0, statement_ms=30_000)
    yield database_pool
    await database_pool.close()


@pytest.fixture
async def link(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.engine)
    yield connection
    await connection.close()


@pytest.fixture
async def provider() -> AsyncIterator[Massive]:
    async with speaking() as server:
        server.bars = {"AAPL": DAYS, "BRK.B": DAYS[:1]}
        yield server


@pytest.fixture
async def load_client(redis_url: str, databases: Databases, tmp_path: Path) -> AsyncIterator[LoadClient]:
    client = LoadClient(redis_url, databases, tmp_path)
    yield client
    await client.client.aclose()
