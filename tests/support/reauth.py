"""A second person, and the page that asks for the password again."""

from redis.asyncio import Redis

from app.db.pools import Pool
from app.wire.users.sessions import SESSION_PREFIX

BOB = "bob@example.org"


async def row(pool: Pool, column: str, email: str = BOB) -> object:
    async with pool.acquire() as connection:
        return (await connection.fetchrow("select * from app.users where email = $1", email))[column]


async def bob_page(pool: Pool) -> str:
    return f"/admin/users/{await row(pool, 'id')}"


async def forget_code_use(redis_url: str) -> None:
    """Ends the time after a code check in which no further check is needed."""
    async with Redis.from_url(redis_url) as redis:
        for key in await redis.keys(f"{SESSION_PREFIX}*"):
            await redis.hset(key, "confirmed", 0)
