"""The roles of the registered accounts."""

from app.db.pools import Pool


async def roles(pool: Pool) -> dict[str, str]:
    async with pool.acquire() as connection:
        return {row["email"]: row["role"] for row in await connection.fetch("select * from app.users")}
