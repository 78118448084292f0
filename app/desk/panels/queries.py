"""The panels of a person in our own schema."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Connection, Record

from app.desk.panels.panel import USUAL_PANELS, DeskPanel


class StoredPanels(NamedTuple):
    """`version` 0: none are stored, and these are the usual ones."""

    panels: Sequence[DeskPanel] = USUAL_PANELS
    version: int = 0


async def of(connection: "Connection[Record]", user_id: UUID) -> StoredPanels:
    row = await connection.fetchrow("select panels, version from app.desk_panels where user_id = $1", user_id)
    if row is None:
        return StoredPanels()
    return StoredPanels(msgspec.json.decode(row["panels"], type=list[DeskPanel]), row["version"])


async def lock(connection: "Connection[Record]", user_id: UUID) -> StoredPanels:
    """Needs a transaction, until whose end nobody else changes them."""
    await connection.execute("select from app.users where id = $1 for no key update", user_id)
    return await of(connection, user_id)


async def put(connection: "Connection[Record]", user_id: UUID, panels: Sequence[DeskPanel]) -> None:
    """Needs the transaction of `lock`."""
    await connection.execute(
        "insert into app.desk_panels (user_id, panels) values ($1, $2)"
        " on conflict (user_id) do update set panels = excluded.panels, version = desk_panels.version + 1,"
        " updated_at = now()",
        user_id,
        msgspec.json.encode(panels).decode(),
    )


async def delete(connection: "Connection[Record]", user_id: UUID) -> None:
    """Then these are the usual ones."""
    await connection.execute("delete from app.desk_panels where user_id = $1", user_id)
