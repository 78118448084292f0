"""Universes of the market database, and their members now."""

from typing import NamedTuple

from asyncpg import Connection

from app.db.market import MarketShape

# Only names of MarketShape enter SQL.
# ruff: noqa: S608


class UniverseSize(NamedTuple):
    name: str
    key: str
    members: int


async def sizes(connection: Connection, shape: MarketShape) -> list[UniverseSize]:
    """By name and key."""
    if shape.universes is None:
        return []
    rows = await connection.fetch(
        f"select name, key, count(symbol) from {shape.universes} as listed group by name, key order by name, key"
    )
    return [UniverseSize(*row) for row in rows]


async def members(
    connection: Connection, shape: MarketShape, name: str, key: str, after: str, limit: int
) -> list[str] | None:
    """Symbols behind `after`, in order. None if there is no such universe."""
    if shape.universes is None:
        return None
    rows = await connection.fetch(
        f'select symbol from {shape.universes} as listed where name = $1 and key = $2 and symbol > $3 collate "C"'
        ' order by symbol collate "C" limit $4',
        name,
        key,
        after,
        limit,
    )
    if rows:
        return [row["symbol"] for row in rows]
    exists = await connection.fetchval(
        f"select exists (select from {shape.universes} as listed where name = $1 and key = $2)", name, key
    )
    return [] if exists else None
