"""Brings a database to the newest schema: a glance when it is there already, alembic under a lock when not."""

import asyncio
from pathlib import Path
from typing import Literal, NamedTuple

import asyncpg

from app.db.market import present

Tree = Literal["app", "market"]

LOCK_SECONDS = 60.0
_PLACE = Path(__file__).parent / "migrations"


class ForeignSchema(Exception):
    """The market's tables are here and not of our making: they are never altered."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(f"these tables are not ours: {', '.join(tables)}")
        self.tables = tables


class NewerSchema(Exception):
    """The database was brought further by a later release of this program."""


class VersionTable(NamedTuple):
    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


VERSIONS: dict[Tree, VersionTable] = {
    "app": VersionTable("app", "alembic_version"),
    "market": VersionTable("public", "tickstock_market_version"),
}


async def migrate(tree: Tree, url: str) -> None:
    newest = head(tree)
    current = await version(tree, url)
    if current == newest:
        return
    if current is not None and current > newest:
        raise NewerSchema(f"{tree} schema {current} is newer than {newest}")
    if tree == "market" and current is None:
        await _refuse_foreign(url)
    async with asyncio.timeout(LOCK_SECONDS):
        await _upgrade(tree, url)


def head(tree: Tree) -> str:
    """Revisions are the numbers that their files begin with, so that nobody need load them to know the last."""
    return max(path.name[:4] for path in (_PLACE / tree / "versions").glob("[0-9]*.py"))


async def version(tree: Tree, url: str) -> str | None:
    """None before the first migration."""
    table = VERSIONS[tree]
    connection = await asyncpg.connect(url, timeout=5, statement_cache_size=0)
    try:
        if await connection.fetchval("select to_regclass($1)", str(table)) is None:
            return None
        revision = await connection.fetchval(f"select version_num from {table}")  # noqa: S608 - one of two constants
        return str(revision) if revision else None
    finally:
        await connection.close()


async def _refuse_foreign(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=5, statement_cache_size=0)
    try:
        tables = await present(connection)
    finally:
        await connection.close()
    if tables and await version("market", url) is None:
        # Asked once more: between the two looks another process may have made them.
        raise ForeignSchema(tables)


async def _upgrade(tree: Tree, url: str) -> None:
    # Half a second to load, and needed once in the life of a database.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import Connection, text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(_PLACE / tree).replace("%", "%%"))
        config.attributes["connection"] = connection
        config.attributes["versions"] = VERSIONS[tree]
        command.upgrade(config, "head")

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, timeout=5, statement_cache_size=0)

    # The driver reads the address itself: sockets and certificates then mean the same here as in the pools.
    # Statements without a name: those of another client may be on the same session where a pooler is between.
    unnamed = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, poolclass=NullPool, connect_args=unnamed
    )
    try:
        async with engine.begin() as connection:
            # The role's time-outs are those of requests.
            for name in ("statement_timeout", "lock_timeout"):
                await connection.execute(text(f"set local {name} = 0"))
            # One lock for both trees: alembic keeps what it is at in globals.
            await connection.execute(text("select pg_advisory_xact_lock(hashtext('tickstock migrate'))"))
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
