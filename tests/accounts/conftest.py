"""The real application on real servers, with an empty schema of accounts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.accounts import passwords
from app.db.pools import Pool
from app.server.factory import create_app
from app.settings.load import Settings
from app.settings.sections import DatabaseSection, RedisSection
from app.web import guards
from tests.conftest import Databases

ORIGIN = "http://127.0.0.1:8000"
IN_TIME = 10.0
"""Seconds for a link to the database. How soon the desk gives that up is no matter of accounts."""


@pytest.fixture
def database_url(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database with the schema of accounts, as its owner; passwords are hashed with minimal cost."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return databases.own


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    app_pool = Pool(database_url, "tests", acquire_seconds=IN_TIME)
    yield app_pool
    await app_pool.close()


def settings(redis_url: str, database_url: str, data_dir: Path, public_url: str = ORIGIN) -> Settings:
    return Settings(
        data_dir=data_dir,
        public_url=public_url,
        redis=RedisSection(url=SecretStr(redis_url)),
        database=DatabaseSection(url=SecretStr(database_url), acquire_seconds=IN_TIME),
    )


@guards.signed_in
async def who_view() -> str:
    return guards.identity().email


@pytest.fixture
async def app(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Quart]:
    quart = create_app(settings(redis_url, database_url, tmp_path))
    quart.add_url_rule("/seen", "seen", who_view)
    async with quart.test_app():
        yield quart


@pytest.fixture
def client(app: Quart) -> Client:
    return app.test_client()
