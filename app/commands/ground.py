"""The ground in the databases before anybody stands on it: roles, schemas, and the link that makes the first admin."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.commands.addresses import Addresses, named
from app.db import migrate, roles
from app.db.pools import Pool
from app.db.trouble import REFUSED
from app.embedded.places import Unusable
from app.settings import Settings

ONE_TRY_SECONDS = 30.0
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 1.0


def lay(superuser: str) -> Addresses:
    """In a database server of our own: both schemas, three roles."""

    async def work() -> Addresses:
        urls = await roles.prepare(superuser)
        await migrate.migrate("app", urls.own)
        await migrate.migrate("market", urls.engine)
        return Addresses(own=urls.own, market=urls.market, engine=urls.engine)

    try:
        return asyncio.run(asyncio.wait_for(work(), ONE_TRY_SECONDS))
    except migrate.NewerSchema as newer:
        raise Unusable(f"DATA_DIR: {newer}; update this program") from None
    except REFUSED as error:
        raise Unusable(f"postgres: the schemas cannot be prepared ({type(error).__name__}: {error})") from error


def lay_own(settings: Settings, patience: float = PATIENCE_SECONDS) -> None:
    """Our own schema and nothing else, in a database that is not ours alone and may not answer yet."""
    url = named(settings).own
    assert url
    until = time.monotonic() + patience
    while True:
        try:
            return asyncio.run(asyncio.wait_for(migrate.migrate("app", url), ONE_TRY_SECONDS))
        except migrate.NewerSchema as newer:
            raise Unusable(f"DATABASE_URL: {newer}; update this program") from None
        except REFUSED as error:
            if time.monotonic() > until:
                reason = type(error).__name__
                raise Unusable(f"DATABASE_URL: our own schema cannot be prepared ({reason})") from None
        time.sleep(PAUSE_SECONDS)


def first_link(settings: Settings) -> str | None:
    """None once there is an admin."""
    from app.accounts.setup import ensure_link

    async def work() -> str | None:
        async with own_pool(settings) as pool:
            return await ensure_link(pool, settings.public_url)

    return asyncio.run(asyncio.wait_for(work(), ONE_TRY_SECONDS))


@asynccontextmanager
async def own_pool(settings: Settings) -> AsyncIterator[Pool]:
    url = named(settings).own
    assert url
    pool = Pool(url, "setup", 1)
    try:
        yield pool
    finally:
        await pool.close()
