"""The real application on real servers, once for all its routes: an administrator, a user, and sessions at will."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr
from quart import Quart
from quart_auth import QuartAuth
from redis.asyncio import Redis

from app import deps
from app.accounts import bootstrap
from app.accounts.tokens import queries, secret
from app.db import roles
from app.embedded import postgres, valkey
from app.embedded.child import Child
from app.embedded.places import Places
from app.identity import Role, Scope, secret_hash
from app.server.factory import create_app
from app.settings import sections
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, LimitsSection
from app.wire.client import close, connect
from tests.accounts.conftest import IN_TIME
from tests.conftest import copied
from tests.support.waiting import until

OTHER = "other@example.org"
PASSWORD = "trades on a train with one bar"


class Site(NamedTuple):
    """The application and its sessions and tokens."""

    app: Quart
    people: Mapping[Role, str]

    async def new_session(self, role: Role, other: bool = False) -> str:
        """The id of a session that just began."""
        user_id = await self.user_id(OTHER if other else self.people[role])
        return await deps.context_of(self.app).sessions.create(user_id, "tests", "192.0.2.1")

    async def user_id(self, email: str) -> UUID:
        async with deps.context_of(self.app).pools.own.acquire() as connection:
            row_id: UUID = await connection.fetchval("select id from app.users where email = $1", email)
        return row_id

    async def ended_session(self, role: Role) -> str:
        sid = await self.new_session(role)
        await deps.context_of(self.app).sessions.end(sid)
        return sid

    async def new_token(self, role: Role, scope: Scope) -> str:
        """A token that was just created."""
        token = secret.new_token()
        await self.insert_token(role, scope, token)
        return token

    async def insert_token(self, role: Role, scope: Scope = Scope.READ, token: str = "") -> UUID:
        """Inserts a token, removes earlier ones, and returns its id."""
        user_id, hash_ = await self.user_id(self.people[role]), secret_hash(token or secret.new_token())
        async with deps.context_of(self.app).pools.own.acquire() as connection, connection.transaction():
            await connection.execute("delete from app.tokens where user_id = $1", user_id)
            token_id = await queries.insert(connection, user_id, "tests", hash_, scope, 1)
        assert token_id
        return token_id

    async def replaced_token(self) -> str:
        token = await self.new_token(Role.ADMIN, Scope.ADMIN)
        await self.insert_token(Role.ADMIN)
        return token

    async def still_has(self, token_id: UUID) -> bool:
        async with deps.context_of(self.app).pools.own.acquire() as connection:
            return bool(await connection.fetchval("select exists(select from app.tokens where id = $1)", token_id))

    def cookie(self, sid: str) -> str:
        extension: QuartAuth = self.app.extensions["QUART_AUTH"][0]
        return f"ts={extension.dump_token(sid, self.app)}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis(places: Places, valkey_server: Child) -> AsyncIterator[str]:
    client = connect(valkey.url(places))
    await client.flushall()
    yield valkey.url(places)
    await close(client)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    places: Places, furnished: str, redis: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    async for name in copied(places, furnished):
        app = create_app(settings(redis, places, name, tmp_path_factory.mktemp("site")))
        async with app.test_app():
            yield await create_people(app)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def link(site: Site) -> AsyncIterator[asyncpg.Connection]:
    url = deps.context_of(site.app).settings.database.url
    assert url
    connection = await asyncpg.connect(url.get_secret_value())
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys(site: Site) -> AsyncIterator[Redis]:
    url = deps.context_of(site.app).settings.redis.url
    assert url
    client = connect(url.get_secret_value())
    yield client
    await close(client)


async def create_people(app: Quart) -> Site:
    context, people = deps.context_of(app), {role: f"{role}@example.org" for role in Role}
    await until(lambda: context.is_listening() and context.seeded and context.health.database, 60)
    for role, email in people.items():
        await bootstrap.create_user(context.pools.own, email, role, PASSWORD)
    await bootstrap.create_user(context.pools.own, OTHER, Role.USER, PASSWORD)
    return Site(app, people)


def settings(redis: str, places: Places, database: str, data_dir: Path) -> Settings:
    own, market = (SecretStr(postgres.url(places, database, user)) for user in (roles.OWN, roles.MARKET))
    return Settings(
        data_dir=data_dir,
        limits=LimitsSection(per_user=1_000_000, per_address=1_000_000),
        redis=sections.RedisSection(url=SecretStr(redis)),
        database=DatabaseSection(url=own, market_url=market, acquire_seconds=IN_TIME),
    )
