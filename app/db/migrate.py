"""Migrates a database to the newest schema: a quick check first, alembic under a lock if needed."""

import asyncio
from pathlib import Path
from typing import Literal, NamedTuple

import asyncpg

from app.db.market import present

Tree = Literal["app", "market"]

LOCK_SECONDS = 60.0
_PLACE = Path(__file__).parent / "migrations"


class ForeignSchema(Exception):
    """The market's tables exist and were not made by us: they are never altered."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(f"these tables are not ours: {', '.join(tables)}")
        self.tables = tables


class NewerSchema(Exception):
    """A later release of this program has migrated the database."""


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
    """The newest revision, read from file names: loading the files is slow."""
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
        # Checked again: another process may have made them since the first check.
        raise ForeignSchema(tables)


async def _upgrade(tree: Tree, url: str) -> None:
    # Takes half a second to import, and is needed once per database.
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

    # The driver parses the address, so that sockets and certificates mean the same as in the pools. Statements without
    # names: behind a pooler another client's may be in the same session.
    unnamed = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=connect, poolclass=NullPool, connect_args=unnamed
    )
    try:
        async with engine.begin() as connection:
            # The role's time-outs are meant for requests.
            for name in ("statement_timeout", "lock_timeout"):
                await connection.execute(text(f"set local {name} = 0"))
            # One lock for both trees: alembic keeps its state in globals.
            await connection.execute(text("select pg_advisory_xact_lock(hashtext('tickstock migrate'))"))
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()
