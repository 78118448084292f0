"""Answers to requests with an Idempotency-Key (app.idempotency_keys), replayed for 24 hours."""

from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection, Record

DELETED_AT_ONCE = 100
"""Expired rows that a new one takes with it."""


class StoredAnswer(NamedTuple):
    request_hash: str
    """SHA-256 of method, path and body of the request, in hex."""
    status: int
    body: bytes
    location: str
    etag: str


async def lock(connection: "Connection[Record]", user_id: UUID, key: str) -> bool:
    """Until the transaction ends. False while another request with this key runs."""
    free: bool = await connection.fetchval(
        "select pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"idempotency {user_id} {key}"
    )
    return free


async def find(connection: "Connection[Record]", user_id: UUID, key: str) -> StoredAnswer | None:
    row = await connection.fetchrow(
        "select request_hash, status, body, location, etag from app.idempotency_keys"
        " where user_id = $1 and key = $2 and created_at > now() - interval '24 hours'",
        user_id,
        key,
    )
    return StoredAnswer(*row) if row else None


async def put(
    connection: "Connection[Record]",
    user_id: UUID,
    key: str,
    request_hash: str,
    status: int,
    body: bytes,
    location: str,
    etag: str,
) -> None:
    """Needs the transaction of the change and its lock. Replaces an expired answer, and deletes others."""
    await connection.execute(
        "delete from app.idempotency_keys where (user_id, key) in (select user_id, key from app.idempotency_keys"
        " where created_at <= now() - interval '24 hours' limit $1 for update skip locked)",
        DELETED_AT_ONCE,
    )
    await connection.execute(
        """
        insert into app.idempotency_keys (user_id, key, request_hash, status, body, location, etag)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (user_id, key) do update set request_hash = excluded.request_hash, status = excluded.status,
            body = excluded.body, location = excluded.location, etag = excluded.etag, created_at = now()
        """,
        user_id,
        key,
        request_hash,
        status,
        body,
        location,
        etag,
    )
