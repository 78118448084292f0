"""Saved screens in our own schema."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Connection, Record

from app.scans.screens.screen import SavedScreen, ScreenDefinition

_SCREEN = """
select id, name, slug, version, updated_at, rule, rule_version, scope, timeframe, sort, columns from app.screens
"""


async def screens(connection: "Connection[Record]", user_id: UUID) -> list[SavedScreen]:
    """In the order of their owner."""
    rows = await connection.fetch(f"{_SCREEN} where user_id = $1 order by position, name", user_id)
    return [_screen(row) for row in rows]


async def find(connection: "Connection[Record]", user_id: UUID, slug: str) -> SavedScreen | None:
    """None also for a screen of somebody else."""
    row = await connection.fetchrow(f"{_SCREEN} where user_id = $1 and slug = $2", user_id, slug)
    return _screen(row) if row else None


async def by_id(connection: "Connection[Record]", screen_id: UUID) -> SavedScreen | None:
    """Whoever owns it: for those who have a token that names it."""
    row = await connection.fetchrow(f"{_SCREEN} where id = $1", screen_id)
    return _screen(row) if row else None


async def names(connection: "Connection[Record]", user_id: UUID) -> dict[str, str]:
    """Slug to the key of the name."""
    rows = await connection.fetch("select slug, name_key from app.screens where user_id = $1", user_id)
    return {row["slug"]: row["name_key"] for row in rows}


async def insert(
    connection: "Connection[Record]",
    user_id: UUID,
    name: str,
    key: str,
    slug: str,
    definition: ScreenDefinition,
    restored: tuple[UUID, int] | None = None,
) -> None:
    """Behind the others. `restored`: id and version of one that was deleted."""
    screen_id, version = restored or (None, 1)
    await connection.execute(
        "insert into app.screens"
        " (user_id, name, name_key, slug, rule, rule_version, scope, timeframe, sort, columns, id, version, position)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11, gen_random_uuid()), $12,"
        " (select coalesce(max(position), 0) + 1 from app.screens where user_id = $1))",
        user_id,
        name,
        key,
        slug,
        *definition,
        screen_id,
        version,
    )


async def set_name(connection: "Connection[Record]", screen_id: UUID, name: str, key: str) -> int:
    """Returns the new version."""
    version: int = await connection.fetchval(
        "update app.screens set name = $2, name_key = $3, version = version + 1, updated_at = now()"
        " where id = $1 returning version",
        screen_id,
        name,
        key,
    )
    return version


async def set_definition(connection: "Connection[Record]", screen_id: UUID, definition: ScreenDefinition) -> int:
    """Returns the new version."""
    version: int = await connection.fetchval(
        "update app.screens set rule = $2, rule_version = $3, scope = $4, timeframe = $5, sort = $6, columns = $7,"
        " version = version + 1, updated_at = now() where id = $1 returning version",
        screen_id,
        *definition,
    )
    return version


async def set_order(connection: "Connection[Record]", user_id: UUID, slugs: Sequence[str]) -> None:
    await connection.execute(
        "update app.screens as screen set position = place.number"
        " from unnest($2::text[]) with ordinality as place (slug, number)"
        " where screen.user_id = $1 and screen.slug = place.slug",
        user_id,
        slugs,
    )


async def delete(connection: "Connection[Record]", screen_id: UUID) -> None:
    await connection.execute("delete from app.screens where id = $1", screen_id)


def _screen(row: Record) -> SavedScreen:
    identity, name, slug, version, updated_at, *definition = row
    return SavedScreen(identity, name, slug, ScreenDefinition(*definition), version, updated_at)
