"""One-time links to choose a new password without an administrator (app.resets)."""

from uuid import UUID

from asyncpg import Connection, Record

from app.accounts.queries import Invite
from app.identity import Role, secret_hash


async def put(connection: "Connection[Record]", user_id: UUID, token: str, hours: int) -> None:
    """Replaces the user's link."""
    await connection.execute(
        """
        insert into app.resets (user_id, token_hash, expires_at) values ($1, $2, now() + make_interval(hours => $3))
        on conflict (user_id) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at
        """,
        user_id,
        secret_hash(token),
        hours,
    )


async def find(connection: "Connection[Record]", token: str) -> Invite | None:
    return _invite(
        await connection.fetchrow(
            "select email, role, users.id from app.resets join app.users as users on users.id = user_id"
            " where token_hash = $1 and expires_at > now() and active",
            secret_hash(token),
        )
    )


async def use(connection: "Connection[Record]", token: str) -> Invite | None:
    """None if it is used or expired; of two simultaneous uses one gets None."""
    return _invite(
        await connection.fetchrow(
            "delete from app.resets using app.users as users"
            " where users.id = user_id and token_hash = $1 and expires_at > now() and active"
            " returning email, role, users.id",
            secret_hash(token),
        )
    )


def _invite(row: Record | None) -> Invite | None:
    return Invite(row["email"], Role(row["role"]), row["id"]) if row else None
