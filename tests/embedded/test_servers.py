"""The servers that start where none are configured."""

import asyncpg
import pytest
from redis.asyncio import Redis

from app.db import migrate
from app.db.pools import Pool
from tests.conftest import Databases


async def test_the_embedded_valkey_and_postgresql_answer(redis_url: str, database_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.set("seen", "yes")
        assert await redis.get("seen") == b"yes"

    link = await asyncpg.connect(database_url)
    assert await link.fetchval("select current_setting('server_encoding')") == "UTF8"
    await link.close()


async def test_each_database_role_has_only_the_rights_it_needs(databases: Databases) -> None:
    reader, writer = await asyncpg.connect(databases.market), await asyncpg.connect(databases.engine)

    assert await reader.fetchval("select count(*) from ohlcv_daily") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await writer.fetchval("select count(*) from app.users")
    with pytest.raises(asyncpg.PostgresError):
        await reader.execute("insert into symbols (symbol) values ('AAPL')")
    await reader.close()
    await writer.close()


async def test_a_slow_subscriber_loses_no_message(redis_url: str) -> None:
    """40 MB wait for it, more than the server's own bound."""
    async with Redis.from_url(redis_url) as redis, redis.pubsub(ignore_subscribe_messages=True) as link:
        await link.subscribe("ticks")
        assert await link.get_message(timeout=5) is None
        for _ in range(80):
            assert await redis.publish("ticks", bytes(500_000)) == 1

        sizes = [len(message["data"]) for _ in range(80) if (message := await link.get_message(timeout=5))]

    assert sizes == [500_000] * 80


ELSEWHERE = {
    "PGHOST": "db.example.org",
    "PGPORT": "1",
    "PGUSER": "nobody",
    "PGPASSWORD": "wrong",
    "PGDATABASE": "none",
    "PGSERVICE": "none",
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGSSLROOTCERT": "/nowhere",
    "PGSSLCRL": "/nowhere",
    "PGSSLMINPROTOCOLVERSION": "none",
    "PGTARGETSESSIONATTRS": "standby",
    "PGGSSLIB": "none",
}
"""Variables that programs of PostgreSQL obey, each for a server that is not ours."""


@pytest.mark.parametrize("names", [*([name] for name in ELSEWHERE), list(ELSEWHERE)], ids=",".join)
async def test_libpq_variables_for_another_server_are_ignored(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    for name in names:
        monkeypatch.setenv(name, ELSEWHERE[name])
    pool = Pool(databases.own, "own", 1, acquire_seconds=10.0)

    assert await pool.answers()
    assert await migrate.version("app", databases.own) == migrate.head("app")
    await pool.close()
