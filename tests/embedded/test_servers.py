"""The servers that start where none are named."""

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.conftest import Databases


async def test_both_answer(redis_url: str, database_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("seen", "yes")
        assert await redis.get("seen") == b"yes"

    link = await asyncpg.connect(database_url)
    assert await link.fetchval("select current_setting('server_encoding')") == "UTF8"
    await link.close()


async def test_each_role_may_do_its_own_work_alone(databases: Databases) -> None:
    reader, writer = await asyncpg.connect(databases.market), await asyncpg.connect(databases.engine)

    assert await reader.fetchval("select count(*) from ohlcv_daily") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await writer.fetchval("select count(*) from app.users")
    with pytest.raises(asyncpg.PostgresError):
        await reader.execute("insert into symbols (symbol) values ('AAPL')")
    await reader.close()
    await writer.close()
