"""E-mails that wait or were sent, as rows."""

from app.db.pools import Pool

SENDER = "desk@example.org"


async def rows(pool: Pool) -> list[dict[str, object]]:
    async with pool.acquire() as connection:
        return [dict(row) for row in await connection.fetch("select * from app.letters order by id")]
