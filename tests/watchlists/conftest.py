"""Connections of the web process' role to a database with two people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app.db.connection import DatabaseConnection
from app.embedded.places import Places
from app.watchlists import queries
from app.watchlists.changes import entries, lists
from app.watchlists.watchlist import NewEntry, Watchlist
from tests.conftest import Databases
from tests.pipeline.conftest import Desk
from tests.security.conftest import redis
from tests.support.list_pages import desk_with_quotes
from tests.support.people_pages import BOB, signed_in

__all__ = ["redis"]


class Owners(NamedTuple):
    """`connection` is for one session after another; `another` opens a second one."""

    connection: DatabaseConnection
    alice: UUID
    bob: UUID
    url: str

    @asynccontextmanager
    async def another(self) -> AsyncIterator[DatabaseConnection]:
        connection = await asyncpg.connect(self.url)
        try:
            yield connection
        finally:
            await connection.close()


@pytest.fixture
async def owners(databases: Databases) -> AsyncIterator[Owners]:
    connection = await asyncpg.connect(databases.own)
    alice, bob = [
        await connection.fetchval(
            "insert into app.users (email, password_hash) values ($1, '') returning id", f"{name}@example.org"
        )
        for name in ("alice", "bob")
    ]
    yield Owners(connection, alice, bob, databases.own)
    await connection.close()


async def core_list(owners: Owners, slug: str = "core") -> Watchlist:
    watchlist = await queries.find(owners.connection, owners.alice, slug)
    assert watchlist
    return watchlist


async def symbols(owners: Owners, slug: str = "core") -> list[str]:
    return [entry.symbol for entry in (await core_list(owners, slug)).entries]


async def create(owners: Owners, name: str = "Core", *new: str) -> UUID:
    async with owners.connection.transaction():
        summary = await lists.create(owners.connection, owners.alice, name)
        await entries.add_all(owners.connection, owners.alice, summary.slug, [NewEntry(symbol, 10.0) for symbol in new])
    return summary.id


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    places: Places, furnished: str, redis: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    async with desk_with_quotes(redis, places, furnished, tmp_path_factory.mktemp("lists")) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def alice(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of hers; she has no list when a test begins."""
    async with desk.context.pools.own.acquire() as connection:
        await connection.execute("delete from app.watchlists")
    async with desk.client() as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def bob(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(desk, BOB) as client:
        yield client
