"""Pools on a market database, and the newest quotes that a feed left in Redis."""

from collections.abc import AsyncIterator

import pytest

from app.db.pools import Pool, Pools
from app.wire.client import close, connect
from app.wire.state.newest_quotes import NewestQuotes
from tests.conftest import Databases


@pytest.fixture
async def pools(databases: Databases) -> AsyncIterator[Pools]:
    database_pools = Pools(
        Pool(databases.own, "own", 2, acquire_seconds=10.0), Pool(databases.market, "market", 2, acquire_seconds=10.0)
    )
    yield database_pools
    await database_pools.close()


@pytest.fixture
async def newest(redis_url: str) -> AsyncIterator[NewestQuotes]:
    client = connect(redis_url)
    yield NewestQuotes(client)
    await close(client)
