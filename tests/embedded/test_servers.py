"""The servers that start where none are named."""

import asyncpg
from redis.asyncio import Redis


async def test_both_answer(redis_url: str, database_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("seen", "yes")
        assert await redis.get("seen") == b"yes"

    link = await asyncpg.connect(database_url)
    assert await link.fetchval("select current_setting('server_encoding')") == "UTF8"
    await link.close()
