"""A database on the server of TEST_TIMESCALE_URL, with the market's tables."""

import os
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.db import migrate, roles
from app.engine.storage.bars import bars_insert
from app.finance.bars import Bar

URL = os.environ.get("TEST_TIMESCALE_URL", "")

needs_timescale = pytest.mark.skipif(not URL, reason="TEST_TIMESCALE_URL is not set")


class Place(NamedTuple):
    """The addresses of one database for each role."""

    superuser: str
    engine: str
    market: str


async def new_place(extension: bool = True) -> AsyncIterator[Place]:
    """Creates a database with roles and without tables."""
    name = f"tickstock_test_{os.getpid()}"
    superuser = urlsplit(URL)._replace(path=f"/{name}").geturl()
    outside = await asyncpg.connect(URL)
    await outside.execute(f"drop database if exists {name} with (force)")
    await outside.execute(f"create database {name} template template0")
    if extension:
        inside = await asyncpg.connect(superuser)
        await inside.execute("create extension timescaledb")
        await inside.close()
    await roles.prepare(URL, name)
    yield Place(superuser, _seen_by(superuser, roles.ENGINE), _seen_by(superuser, roles.MARKET))
    await outside.execute(f"drop database {name} with (force)")
    await outside.close()


def _seen_by(url: str, role: str) -> str:
    """The address for a role: the superuser logs in and switches to the role, whatever the server requires."""
    return f"{url}{'&' if urlsplit(url).query else '?'}options={quote(f'-c role={role}')}"


async def put_bars(connection: asyncpg.Connection, bars: Iterable[Bar], table: str) -> None:
    for statement in bars_insert(bars, (table,)):
        await statement.run(connection)


async def downgrade(url: str, revision: str) -> None:
    def down(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(migrate._PLACE / "market"))
        config.attributes["connection"] = connection
        config.attributes["versions"] = migrate.VERSIONS["market"]
        command.downgrade(config, revision)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(down)
    await engine.dispose()
