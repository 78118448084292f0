"""Digests of what a desk stores, to be compared before and after a request."""

import asyncpg
from redis.asyncio import Redis


async def table_digests(link: asyncpg.Connection) -> dict[str, str]:
    """A digest over every row of every table of the desk, except audit entries of refusals and exports."""
    names = [row[0] for row in await link.fetch("select tablename from pg_tables where schemaname = 'app'")]
    statement = (
        "select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from app.{} t"
        " where coalesce(to_jsonb(t) ->> 'action', '') not in ('refuse', 'export')"
    )
    return {name: await link.fetchval(statement.format(name)) for name in names}


async def redis_values(keys: Redis) -> dict[bytes, bytes | None]:
    """Values in Redis, except what every request counts and what the desk reports about itself."""
    passing = (b"ts:rl", b"ts:sess:", b"ts:usess:", b"ts:streams", b"LIMITS")
    names = [name async for name in keys.scan_iter("*") if not name.startswith(passing)]
    return {name: await keys.dump(name) for name in names}
