"""Prepares the databases: roles, schemas, and the link that makes the first administrator."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from app import logs
from app.commands.addresses import Addresses, configured_addresses
from app.db import Unavailable, migrate, roles
from app.db.errors import CONNECT_ERRORS
from app.db.market import inspect
from app.db.pools import Pool
from app.embedded.places import Unusable
from app.settings.load import Settings

ONE_TRY_SECONDS = 30.0
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 1.0

ABSENT: tuple[type[BaseException], ...] = (Unavailable, *CONNECT_ERRORS)

T = TypeVar("T")


class DatabaseAway(Unusable):
    """The database does not answer yet."""


def prepare_databases(superuser: str) -> Addresses:
    """Both schemas and four roles, in a database server of our own."""

    async def work() -> Addresses:
        urls = await roles.prepare(superuser)
        await migrate.migrate("app", urls.owner)
        await migrate.migrate("market", urls.engine)
        return Addresses(own=urls.own, market=urls.market, engine=urls.engine)

    return run(work())


def prepare_own_schema(settings: Settings, patience: float = PATIENCE_SECONDS) -> None:
    """Only our own schema, in a database that others use too. Waits `patience` seconds for it."""
    url = configured_addresses(settings).own
    assert url
    until = time.monotonic() + patience
    while True:
        try:
            return run(migrate.migrate("app", url))
        except DatabaseAway:
            if time.monotonic() > until:
                raise
        time.sleep(PAUSE_SECONDS)


def first_link(settings: Settings) -> str | None:
    """None if there is an administrator."""
    from app.accounts.bootstrap import ensure_link

    async def work() -> str | None:
        async with pool_for(settings) as pool:
            return await ensure_link(pool, settings.public_url)

    return run(work())


def could_write_market(settings: Settings) -> bool:
    """Whether the role that reads the market has more rights than that."""

    async def work() -> bool:
        async with pool_for(settings, market=True) as pool, pool.acquire() as connection:
            return (await inspect(connection)).writable

    return run(work())


def owns_audit(settings: Settings) -> bool:
    """Whether the role that writes the audit could alter or drop it, as its owner or a member of the owner."""

    async def work() -> bool:
        async with pool_for(settings) as pool, pool.acquire() as connection:
            return await roles.owns_audit(connection)

    return run(work())


def run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(asyncio.wait_for(work, ONE_TRY_SECONDS))
    except migrate.NewerSchema as newer:
        raise Unusable(f"database: {newer}; update this program") from None
    except ABSENT as error:
        raise DatabaseAway(f"database: cannot be prepared or asked now ({logs.cause(error)})") from error


@asynccontextmanager
async def pool_for(settings: Settings, *, market: bool = False) -> AsyncIterator[Pool]:
    urls = configured_addresses(settings)
    url = (urls.market if market else None) or urls.own
    assert url
    pool = Pool(url, "setup", 1, acquire_seconds=5.0)
    try:
        yield pool
    finally:
        await pool.close()
