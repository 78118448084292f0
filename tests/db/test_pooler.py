"""The desk behind a PgBouncer in transaction mode: each transaction may have another session."""

import asyncio
import logging
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from app.db import Unavailable, migrate, roles
from app.db.pools import Pool, Pools
from app.db.roles import Urls
from app.embedded import account
from app.embedded.child import Child, Program
from app.embedded.places import Places
from app.engine.storage import definitions
from app.patterns import queries
from app.patterns.queries import DetectionFilter
from tests.db.conftest import name_of
from tests.support.ports import free_port
from tests.support.quote_samples import OPEN
from tests.support.stored_bars import PatternRow, store_patterns

BINARY = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"

pytestmark = pytest.mark.skipif(not Path(BINARY).exists(), reason="no pgbouncer on this machine")

CONFIG = """
[databases]
* = host={sockets} port=5432
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 2
"""


@pytest.fixture
def pooler_port(places: Places, postgres_server: Child, tmp_path: Path) -> Iterator[int]:
    """Of a PgBouncer with all else as it is shipped, on two sessions for each role."""
    port = free_port()
    users = tmp_path / "users.txt"
    users.write_text("".join(f'"{role}" ""\n' for role in (roles.OWNER, roles.OWN, roles.MARKET, roles.ENGINE)))
    config = tmp_path / "pgbouncer.ini"
    config.write_text(CONFIG.format(sockets=places.sockets / "postgres", port=port, users=users))

    def answers() -> bool:
        with socket.socket() as link:
            return link.connect_ex(("127.0.0.1", port)) == 0

    who = account.choose(Path(BINARY))
    child = Child(Program("pgbouncer", (BINARY, str(config)), {}, probe=answers, account=who, log=tmp_path / "log"))
    child.start()
    assert child.wait_ready(10), (tmp_path / "log").read_text()
    yield port
    child.stop(5)


@pytest.fixture
async def urls(database_url: str, pooler_port: int) -> Urls:
    """The roles in an empty database, by way of the pooler."""
    direct = await roles.prepare(database_url, name_of(database_url))
    return Urls(*(f"postgresql://{role}@127.0.0.1:{pooler_port}/{name_of(database_url)}" for role in _names(direct)))


def _names(urls: Urls) -> list[str]:
    return [url.partition("://")[2].partition("@")[0] for url in urls]


@pytest.fixture
async def pools(urls: Urls) -> AsyncIterator[Pools]:
    await migrate.migrate("app", urls.owner)
    await migrate.migrate("market", urls.engine)
    pair = Pools(Pool(urls.own, "own", 6, acquire_seconds=10.0), Pool(urls.market, "market", 6, read_only=True))
    yield pair
    await pair.close()


async def test_transactions_of_many_share_a_few_sessions(pools: Pools, urls: Urls, database_url: str) -> None:
    await store_patterns(database_url, "1min", [PatternRow("BF/B", "Hammer", OPEN + 60 * n) for n in range(20)])
    engine = Pool(urls.engine, "engine", 6, acquire_seconds=10.0)
    async with engine.acquire() as connection, connection.transaction():
        await definitions.put(connection)
    shape = await pools.shape()

    async def ask(number: int) -> tuple[int, int]:
        async with pools.market.acquire() as connection:
            page = await queries.detections(connection, shape, DetectionFilter(symbols=("BF/B",)), None, number)
        async with pools.own.acquire() as connection, connection.transaction():
            await connection.execute("select pg_sleep(0.01)")
            return len(page.rows), await connection.fetchval("select count(*) + $1::int from app.users", number)

    assert await asyncio.gather(*(ask(number) for number in range(1, 13))) == [(n, n) for n in range(1, 13)]
    async with pools.own.acquire() as connection:
        row = await connection.fetchrow(
            "select $1::date as day, current_setting('application_name') as name, now()", date(2012, 9, 4)
        )
    await engine.close()
    assert row is not None
    assert (row["day"], row["name"]) == (date(2012, 9, 4), "tickstock own")


async def test_the_roles_have_their_time_outs_and_rights_behind_the_pooler(pools: Pools) -> None:
    with pytest.raises(Unavailable):
        async with pools.own.acquire() as connection:
            await connection.execute("select pg_sleep(20)")
    with pytest.raises((asyncpg.ReadOnlySQLTransactionError, asyncpg.InsufficientPrivilegeError)):
        async with pools.market.acquire() as connection:
            await connection.execute("create table x (y int)")

    assert await pools.own.answers()
    assert await pools.market.answers()


async def test_a_role_without_time_outs_is_reported(urls: Urls, caplog: pytest.LogCaptureFixture) -> None:
    pool = Pool(urls.engine, "engine", 1, acquire_seconds=10.0)
    with caplog.at_level(logging.WARNING):
        assert await pool.answers()
    await pool.close()

    assert [record.getMessage() for record in caplog.records if "ALTER ROLE" in record.getMessage()]


async def test_a_refusal_of_the_pooler_is_explained_with_what_to_do(urls: Urls) -> None:
    pool = Pool(f"{urls.own}?work_mem=64MB", "own", 1, acquire_seconds=10.0)

    with pytest.raises(Unavailable, match=r"unsupported startup parameter: work_mem; take it out of the address"):
        async with pool.acquire():
            raise AssertionError("it refuses this")
    await pool.close()
