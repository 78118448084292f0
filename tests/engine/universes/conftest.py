"""A connection to an empty market database."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import Databases


@pytest.fixture
async def link(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.engine)
    yield connection
    await connection.close()
