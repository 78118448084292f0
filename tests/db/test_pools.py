"""A database that is down, slow, stopped or restarted raises Unavailable only as long as it lasts."""

import asyncio
import signal

import asyncpg
import pytest

from app.db import BadValue, Unavailable
from app.db.breaker import FAILURES, DatabaseBreaker
from app.db.pools import Pool
from app.db.roles import Urls
from tests.db.conftest import Server


async def test_a_pool_opens_no_connection_before_its_first_use() -> None:
    pool = Pool("postgresql://nobody@/nothing?host=/nowhere", "test")

    assert not await pool.answers()
    with pytest.raises(Unavailable):
        async with pool.acquire():
            raise AssertionError("there is no such server")
    await pool.close()


async def test_a_pool_answers_and_sets_its_application_name(pool: Pool) -> None:
    async with pool.acquire() as connection:
        assert await connection.fetchval("show application_name") == "tickstock test"
        assert await connection.fetchval("show timezone") == "UTC"

    assert await pool.answers()


async def test_a_broken_connection_is_remembered_though_the_next_one_works(pool: Pool, urls: Urls) -> None:
    assert await pool.answers()
    assert pool.lost_at is None

    async with pool.acquire() as connection:
        pid = await connection.fetchval("select pg_backend_pid()")
    superuser = await asyncpg.connect(urls.own.replace("tickstock_web@", "postgres@"))
    await superuser.execute("select pg_terminate_backend($1)", pid)
    await superuser.close()
    async with asyncio.timeout(30):
        while pool.lost_at is None:
            await asyncio.sleep(0.01)

    assert await pool.answers()


async def test_a_full_pool_refuses_after_a_short_wait(urls: Urls) -> None:
    pool = Pool(urls.own, "test", 1)

    async with pool.acquire():
        with pytest.raises(Unavailable):
            async with pool.acquire():
                raise AssertionError("there was one connection")

    assert await pool.answers()
    await pool.close()


async def test_a_slow_query_is_given_up_and_the_next_is_answered(urls: Urls) -> None:
    pool = Pool(urls.own, "test", 1, statement_ms=1000)  # the next has to be answered in it, too

    with pytest.raises(Unavailable):
        async with pool.acquire() as connection:
            await connection.execute("select pg_sleep(20)")

    assert await pool.answers()
    await pool.close()


@pytest.mark.parametrize("value", ["\x00", "\ud800"])
async def test_a_value_outside_the_range_of_its_column_raises_bad_value(pool: Pool, value: str) -> None:
    with pytest.raises(BadValue):
        async with pool.acquire() as connection:
            await connection.fetchval("select $1::text", value)

    assert await pool.answers()


async def test_an_sql_error_is_not_reported_as_unavailable(pool: Pool) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with pool.acquire() as connection:
            await connection.fetch("select * from nothing")
    with pytest.raises(asyncpg.InterfaceError):
        async with pool.acquire() as connection:
            await connection.fetchval("select $1::int")

    assert await pool.answers()


async def test_a_killed_server_is_used_again_after_its_restart(server: Server) -> None:
    pool = Pool(server.url, "test", 2)
    assert await pool.answers()

    server.kill()
    async with asyncio.timeout(10):
        # A backend that is open outlives its postmaster for a moment, and may answer in it.
        while await pool.answers():
            await asyncio.sleep(0.01)
    server.start()

    async with asyncio.timeout(30):
        while not await pool.answers():
            await asyncio.sleep(0.05)
    await pool.close()


async def test_a_query_that_the_server_ends_is_unavailable(server: Server) -> None:
    pool = Pool(server.url, "test", 2)

    async def sleep() -> None:
        async with pool.acquire() as connection:
            await connection.execute("select pg_sleep(20)")

    sleeping = asyncio.create_task(sleep())
    await connection_is_busy(server.url)
    await ended_by_another(server.url)
    with pytest.raises(Unavailable):
        await sleeping

    assert await pool.answers()
    await pool.close()


async def test_a_hanging_server_is_given_up_and_the_breaker_spares_further_callers(server: Server) -> None:
    pool = Pool(server.url, "test", 2, acquire_seconds=0.5, statement_ms=200)

    server.child.send(signal.SIGSTOP)
    try:
        for _ in range(FAILURES):
            assert not await pool.answers()
        async with asyncio.timeout(10):
            for _ in range(100):
                assert not await pool.answers()
    finally:
        server.child.send(signal.SIGCONT)

    async with asyncio.timeout(30):
        while not await pool.answers():
            await asyncio.sleep(0.05)
    await pool.close()


async def test_closing_a_pool_does_not_wait_for_connections_that_are_not_returned(urls: Urls) -> None:
    pool = Pool(urls.own, "test", 1)
    holding, acquired = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with pool.acquire():
            acquired.set()
            await holding.wait()

    holder = asyncio.create_task(hold())
    await acquired.wait()
    async with asyncio.timeout(10):
        await pool.close()

    holding.set()
    await asyncio.gather(holder, return_exceptions=True)


def test_a_breaker_opens_after_repeated_failures_and_lets_single_attempts_through() -> None:
    breaker = DatabaseBreaker()

    for _ in range(FAILURES):
        assert breaker.allows()
        breaker.failed()
    assert not breaker.allows()

    breaker.succeeded()
    assert breaker.allows()


async def connection_is_busy(url: str) -> None:
    link = await asyncpg.connect(url)
    async with asyncio.timeout(10):
        while not await link.fetchval("select count(*) from pg_stat_activity where query like 'select pg_sleep%'"):
            await asyncio.sleep(0.01)
    await link.close()


async def ended_by_another(url: str) -> None:
    link = await asyncpg.connect(url)
    await link.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%' and pid <> $1",
        link.get_server_pid(),
    )
    await link.close()
