"""Links that show something to whoever has them (app.shares): random tokens, stored as hashes."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection, Record

from app.identity import secret_hash

TOKEN_BYTES = 16
"""128 random bits."""
MAX_SHARES = 20
"""Of one target that are not revoked."""


class ShareKind(StrEnum):
    """What a link shows."""

    WATCHLIST = "watchlist"
    SCREEN = "screen"
    CHART = "chart"


class SharedTarget(NamedTuple):
    """What a token shows, and whose it is."""

    kind: ShareKind
    id: UUID
    owner: UUID


class Share(NamedTuple):
    id: UUID
    created_at: datetime


async def insert(
    connection: "Connection[Record]", user_id: UUID, kind: ShareKind, target: UUID, days: int | None = None
) -> str | None:
    """The token, which is not stored; None if the target has MAX_SHARES. Needs the lock of its owner. `days`: for how
    long the link works; None until it is revoked."""
    if len(await of(connection, user_id, kind, target)) >= MAX_SHARES:
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await connection.execute(
        "insert into app.shares (user_id, token_hash, kind, target, expires_at)"
        " values ($1, $2, $3, $4, now() + make_interval(days => $5))",
        user_id,
        secret_hash(token),
        kind.value,
        target,
        days,
    )
    return token


async def of(connection: "Connection[Record]", user_id: UUID, kind: ShareKind, target: UUID) -> list[Share]:
    """Those that are not revoked."""
    rows = await connection.fetch(
        "select id, created_at from app.shares"
        " where user_id = $1 and kind = $2 and target = $3 and not revoked order by created_at, id",
        user_id,
        kind.value,
        target,
    )
    return [Share(*row) for row in rows]


async def revoke(
    connection: "Connection[Record]", user_id: UUID, kind: ShareKind, target: UUID, share_id: UUID
) -> bool:
    """Whether there was one."""
    status = await connection.execute(
        "update app.shares set revoked = true"
        " where user_id = $1 and kind = $2 and target = $3 and id = $4 and not revoked",
        user_id,
        kind.value,
        target,
        share_id,
    )
    return status == "UPDATE 1"


async def target_of(connection: "Connection[Record]", token: str) -> SharedTarget | None:
    """None if the token is unknown, expired or revoked, or its owner's account is closed."""
    row = await connection.fetchrow(
        "select share.kind, share.target, share.user_id"
        " from app.shares as share join app.users as owner on owner.id = share.user_id"
        " where share.token_hash = $1 and not share.revoked and coalesce(share.expires_at > now(), true)"
        " and owner.active",
        secret_hash(token),
    )
    return SharedTarget(ShareKind(row["kind"]), row["target"], row["user_id"]) if row else None
