"""A lease has one holder, and passes to another when it was released or has lapsed."""

from collections.abc import AsyncIterator

import pytest

from app.db.lease import Lease
from app.db.pools import Pool
from tests.conftest import Databases

LAPSE = "update app.leases set expires_at = now() - interval '1 second'"


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[Pool]:
    own = Pool(databases.own, "lease", 2, acquire_seconds=10.0)
    yield own
    await own.close()


async def test_one_holder_has_it_until_it_is_released(pool: Pool) -> None:
    first, second, other = Lease(pool, "work"), Lease(pool, "work"), Lease(pool, "other work")

    assert [await first.take(), await second.take(), await other.take()] == [True, False, True]
    assert [await first.take(), first.term, second.is_held] == [True, 1, False]
    await second.release()
    assert not await second.take()
    await first.release()
    assert not first.is_held
    assert [await second.take(), second.term, await first.take()] == [True, 2, False]


async def test_it_passes_on_when_its_holder_is_not_heard_of(pool: Pool) -> None:
    first, second = Lease(pool, "work"), Lease(pool, "work")
    assert await first.take()
    async with pool.acquire() as connection:
        await connection.execute(LAPSE)

    assert [await second.take(), second.term] == [True, 2]
    assert [await first.take(), first.is_held] == [False, False]


async def test_a_holder_knows_that_it_lapses_and_keeps_it_while_the_database_is_away(pool: Pool) -> None:
    brief, lasting = Lease(pool, "brief", 0.0), Lease(pool, "lasting")
    assert not await brief.take()
    assert await lasting.take()

    away = Pool("postgresql://nobody@127.0.0.1:1/none", "away")
    lasting._pool = away
    assert await lasting.take()
    assert not await Lease(away, "never").take()
