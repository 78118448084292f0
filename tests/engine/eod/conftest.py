"""A pool and a connection to an empty market database."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.db.pools import Pool
from tests.conftest import Databases


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    database_pool = Pool(databases.engine, "closing", 2, acquire_seconds=10.0, statement_ms=10_000)
    yield database_pool
    await database_pool.close()


@pytest.fixture
async def link(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.engine, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()
