"""Changes that can be undone for a short time (app.undo)."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection, Record

MAX_STORED = 20
"""Of one person; the oldest go first."""


class StoredUndo(NamedTuple):
    """`payload`: JSON of a struct of the feature that stored it, which `kind` names."""

    id: UUID
    kind: str
    payload: str
    expires_at: datetime


async def insert(connection: "Connection[Record]", user_id: UUID, kind: str, payload: str, seconds: int) -> UUID:
    """Valid for `seconds`. Deletes what has expired, of everybody, but nothing that another transaction takes: whoever
    undoes a change has locked its row, and waits for the list that this transaction may have locked."""
    await connection.execute(
        "delete from app.undo where id in (select id from app.undo where expires_at < now() for update skip locked)"
    )
    await connection.execute(
        "delete from app.undo where id in"
        " (select id from app.undo where user_id = $1 order by created_at desc offset $2 for update skip locked)",
        user_id,
        MAX_STORED - 1,
    )
    undo_id: UUID = await connection.fetchval(
        "insert into app.undo (user_id, kind, payload, expires_at)"
        " values ($1, $2, $3, now() + make_interval(secs => $4)) returning id",
        user_id,
        kind,
        payload,
        seconds,
    )
    return undo_id


async def find(
    connection: "Connection[Record]", user_id: UUID, undo_id: UUID, kinds: Collection[str]
) -> StoredUndo | None:
    """None also if it has expired, was used, or is somebody else's."""
    row = await connection.fetchrow(
        "select id, kind, payload, expires_at from app.undo"
        " where user_id = $1 and id = $2 and kind = any($3::text[]) and expires_at >= now()",
        user_id,
        undo_id,
        kinds,
    )
    return StoredUndo(*row) if row else None


async def take(
    connection: "Connection[Record]", user_id: UUID, undo_id: UUID, kinds: Collection[str]
) -> StoredUndo | None:
    """As `find`, and it can be used no more once the transaction is committed."""
    row = await find(connection, user_id, undo_id, kinds)
    if row is None:
        return None
    # Of two at once the second one waits here.
    deleted = await connection.execute("delete from app.undo where id = $1", undo_id)
    return row if deleted == "DELETE 1" else None


async def find_typed(
    connection: "Connection[Record]", user_id: UUID, undo_id: str, kinds: Collection[str]
) -> StoredUndo | None:
    """As `find`, for an id that anybody may have typed."""
    try:
        return await find(connection, user_id, UUID(undo_id), kinds)
    except ValueError:
        return None
