"""API tokens in our own schema (app.tokens)."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from asyncpg import Connection, Record

from app.accounts.settings.queries import StoredSettings, decoded_settings
from app.identity import Role, Scope
from app.wire.codec.text import clean

LONGEST_NAME = 200

MAX_TOKENS = 20
"""Tokens per person."""


class Token(NamedTuple):
    id: UUID
    user_id: UUID
    name: str
    scope: Scope
    created: datetime
    expires: datetime | None
    used: datetime | None
    expired: bool


class OwnedToken(NamedTuple):
    """A token with the current state of its owner."""

    token: Token
    email: str
    role: Role
    active: bool
    use_recorded: bool
    """Its use was recorded within the last minute."""
    settings: StoredSettings


_COLUMNS = """
token.id, token.user_id, token.name, token.scope, token.created_at, token.expires_at, token.last_used_at,
coalesce(token.expires_at <= now(), false) as expired
"""


async def insert(
    connection: "Connection[Record]", user_id: UUID, name: str, token_hash: str, scope: Scope, days: int | None
) -> UUID | None:
    """None if the user has MAX_TOKENS. Needs a transaction, which locks the user's row."""
    owner = await connection.fetchval("select id from app.users where id = $1 and active for update", user_id)
    if (
        owner is None
        or await connection.fetchval("select count(*) from app.tokens where user_id = $1", owner) >= MAX_TOKENS
    ):
        return None
    token_id: UUID = await connection.fetchval(
        "insert into app.tokens (id, user_id, name, token_hash, scope, expires_at)"
        " values ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) returning id",
        uuid4(),
        owner,
        name,
        token_hash,
        scope.value,
        days,
    )
    return token_id


async def of(connection: "Connection[Record]", user_id: UUID) -> list[Token]:
    rows = await connection.fetch(
        f"select {_COLUMNS} from app.tokens as token where user_id = $1 order by created_at, id",  # noqa: S608
        user_id,
    )
    return [_token(row) for row in rows]


async def one(connection: "Connection[Record]", user_id: UUID, token_id: UUID) -> Token | None:
    """None also if it belongs to somebody else."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} from app.tokens as token where user_id = $1 and id = $2",  # noqa: S608
        user_id,
        token_id,
    )
    return _token(row) if row else None


async def owned(connection: "Connection[Record]", token_hash: str) -> OwnedToken | None:
    row = await connection.fetchrow(
        f"""
        select {_COLUMNS}, owner.email, owner.role, owner.active,
               coalesce(token.last_used_at > now() - interval '1 minute', false) as noted,
               (select to_jsonb(settings) from app.user_settings as settings where user_id = owner.id) as settings
          from app.tokens as token join app.users as owner on owner.id = token.user_id
         where token.token_hash = $1
        """,  # noqa: S608
        token_hash,
    )
    if row is None:
        return None
    settings = decoded_settings(row["settings"])
    return OwnedToken(_token(row), row["email"], Role(row["role"]), row["active"], row["noted"], settings)


async def note_use(connection: "Connection[Record]", token_id: UUID) -> None:
    """Records the use, at most once a minute over all processes."""
    await connection.execute(
        "update app.tokens set last_used_at = now() where id = $1"
        " and coalesce(last_used_at <= now() - interval '1 minute', true)",
        token_id,
    )


async def delete(connection: "Connection[Record]", user_id: UUID, token_id: UUID) -> str | None:
    """The name of the deleted token; None if the user has no such token."""
    name: str | None = await connection.fetchval(
        "delete from app.tokens where user_id = $1 and id = $2 returning name", user_id, token_id
    )
    return name


async def owner(connection: "Connection[Record]", user_id: UUID) -> str | None:
    email: str | None = await connection.fetchval("select email from app.users where id = $1", user_id)
    return email


def _token(row: Record) -> Token:
    return Token(
        row["id"],
        row["user_id"],
        clean(row["name"], LONGEST_NAME),
        Scope(row["scope"]),
        row["created_at"],
        row["expires_at"],
        row["last_used_at"],
        row["expired"],
    )
