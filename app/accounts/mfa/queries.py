"""Second steps and recovery codes in our own schema (app.second_steps, app.recovery_codes)."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Connection, Record

from app.identity import secret_hash

PENDING_MINUTES = 15


async def begin(connection: "Connection[Record]", user_id: UUID, secret: bytes, session: str) -> bool:
    """Stores a secret for this session to confirm. False if codes are already required."""
    changed = await connection.fetchval(
        """
        insert into app.second_steps as kept (user_id, secret, session) values ($1, $2, $3)
        on conflict (user_id) do update
           set secret = excluded.secret, session = excluded.session, begun_at = now(), last_step = 0
         where kept.confirmed_at is null
        returning 1
        """,
        user_id,
        secret,
        session,
    )
    return changed is not None


async def pending(connection: "Connection[Record]", user_id: UUID, session: str) -> bytes | None:
    """The secret that this session began with and has not confirmed."""
    secret: bytes | None = await connection.fetchval(
        "select secret from app.second_steps where user_id = $1 and session = $2 and confirmed_at is null"
        " and begun_at > now() - make_interval(mins => $3)",
        user_id,
        session,
        PENDING_MINUTES,
    )
    return secret


async def confirm(connection: "Connection[Record]", user_id: UUID, secret: bytes, step: int) -> bool:
    changed = await connection.fetchval(
        "update app.second_steps set confirmed_at = now(), last_step = $3"
        " where user_id = $1 and secret = $2 and confirmed_at is null returning 1",
        user_id,
        secret,
        step,
    )
    return changed is not None


async def secret_of(connection: "Connection[Record]", user_id: UUID) -> bytes | None:
    """None unless codes are required."""
    secret: bytes | None = await connection.fetchval(
        "select secret from app.second_steps where user_id = $1 and confirmed_at is not null", user_id
    )
    return secret


async def use_step(connection: "Connection[Record]", user_id: UUID, step: int) -> bool:
    """False unless the step is newer than every used one; of two simultaneous uses one gets False."""
    changed = await connection.fetchval(
        "update app.second_steps set last_step = $2"
        " where user_id = $1 and confirmed_at is not null and last_step < $2 returning 1",
        user_id,
        step,
    )
    return changed is not None


async def use_recovery(connection: "Connection[Record]", user_id: UUID, code: str) -> bool:
    changed = await connection.fetchval(
        "delete from app.recovery_codes where user_id = $1 and code_hash = $2 returning 1", user_id, secret_hash(code)
    )
    return changed is not None


async def replace_recovery(connection: "Connection[Record]", user_id: UUID, codes: Sequence[str]) -> None:
    """`codes` in normal form (codes.normal)."""
    await connection.execute("delete from app.recovery_codes where user_id = $1", user_id)
    await connection.executemany(
        "insert into app.recovery_codes (code_hash, user_id) values ($1, $2)",
        [(secret_hash(code), user_id) for code in codes],
    )


async def recovery_left(connection: "Connection[Record]", user_id: UUID) -> int:
    count: int = await connection.fetchval("select count(*) from app.recovery_codes where user_id = $1", user_id)
    return count


async def remove(connection: "Connection[Record]", user_id: UUID) -> bool:
    """Returns whether codes were required before."""
    await connection.execute("delete from app.recovery_codes where user_id = $1", user_id)
    changed = await connection.fetchval(
        "delete from app.second_steps where user_id = $1 returning confirmed_at is not null", user_id
    )
    return bool(changed)
