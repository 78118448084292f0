"""Users, invitations and the audit, as administrators see and change them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Connection, Record

from app.db import password_links
from app.db.audit import SIGN_IN_ACTIONS
from app.identity import Role, secret_hash
from app.wire.codec.text import clean

LINK_DAYS = 7
LONGEST_ADDRESS = 254


class Person(NamedTuple):
    """`resetting`: no password works until the link is used. `two_steps`: signing in asks for a code. Times are UTC
    epoch seconds."""

    id: UUID
    email: str
    role: Role
    active: bool
    resetting: bool
    two_steps: bool
    created: float
    signed_in: float | None


class InviteLink(NamedTuple):
    id: UUID
    email: str
    role: Role
    renews: bool
    """It replaces the password of an account instead of creating one."""
    inviter: str
    expires: float


class AuditEntry(NamedTuple):
    """`at`: UTC epoch seconds. `session`: the hash of the session id, or empty."""

    id: int
    at: float
    actor: str
    action: str
    outcome: str
    ip: str
    session: str
    detail: str


class AuditFilter(NamedTuple):
    """`who`: part of the actor or of the detail. `until` is exclusive."""

    who: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


_PEOPLE = """
select users.id, email, role, active, password_hash = '' as resetting,
       exists (select from app.second_steps where user_id = users.id and confirmed_at is not null) as two_steps,
       extract(epoch from created_at)::float8 as created, extract(epoch from entry.at)::float8 as signed_in
  from app.users as users
  left join lateral (
       select at from app.audit
        where actor = users.email and action = any($1::text[]) and outcome = 'ok' and session <> ''
          and at >= users.created_at
        order by id desc limit 1) as entry on true
"""

_LINKS = """
select invites.id, invites.email, invites.role, user_id is not null as renews,
       users.email as inviter, extract(epoch from expires_at)::float8 as expires
  from app.invites as invites join app.users as users on users.id = invited_by
 where expires_at > now() and users.active and users.role = 'admin'
"""


async def people(connection: "Connection[Record]", after: str, limit: int) -> list[Person]:
    """Ordered by address; those after the address `after`."""
    rows = await connection.fetch(
        f"{_PEOPLE} where lower(email) > $2 order by lower(email) limit $3", SIGN_IN_ACTIONS, after, limit
    )
    return [_person(row) for row in rows]


async def person(connection: "Connection[Record]", user_id: UUID) -> Person | None:
    row = await connection.fetchrow(f"{_PEOPLE} where users.id = $2", SIGN_IN_ACTIONS, user_id)
    return _person(row) if row else None


async def has_account(connection: "Connection[Record]", email: str) -> bool:
    exists: bool = await connection.fetchval("select exists(select from app.users where lower(email) = $1)", email)
    return exists


async def links(connection: "Connection[Record]", limit: int) -> list[InviteLink]:
    """Newest first."""
    rows = await connection.fetch(f"{_LINKS} order by invites.created_at desc limit $1", limit)
    return [_link(row) for row in rows]


async def link(connection: "Connection[Record]", link_id: UUID) -> InviteLink | None:
    row = await connection.fetchrow(f"{_LINKS} and invites.id = $1", link_id)
    return _link(row) if row else None


async def link_of(connection: "Connection[Record]", token: str) -> InviteLink | None:
    row = await connection.fetchrow(f"{_LINKS} and token_hash = $1", secret_hash(token))
    return _link(row) if row else None


async def put_link(
    connection: "Connection[Record]", token: str, email: str, role: Role, inviter: UUID, renews: UUID | None = None
) -> None:
    """Replaces the link of that address."""
    await connection.execute(
        """
        insert into app.invites (token_hash, email, role, invited_by, user_id, expires_at)
        values ($1, $2, $3, $4, $5, now() + make_interval(days => $6))
        on conflict (lower(email)) do update
           set id = gen_random_uuid(), token_hash = excluded.token_hash, role = excluded.role,
               user_id = excluded.user_id, invited_by = excluded.invited_by,
               created_at = now(), expires_at = excluded.expires_at
        """,
        secret_hash(token),
        email,
        role.value,
        inviter,
        renews,
        LINK_DAYS,
    )


async def is_admin(connection: "Connection[Record]", actor: UUID) -> bool:
    """Locks the row until the transaction ends, so that changes of users wait for it."""
    await _lock_users(connection)
    allowed: bool = await connection.fetchval(
        "select exists(select from app.users where id = $1 and role = 'admin' and active)", actor
    )
    return allowed


async def revoke(connection: "Connection[Record]", link_id: UUID) -> str | None:
    """The address of the deleted link; None if there is none."""
    email: str | None = await connection.fetchval("delete from app.invites where id = $1 returning email", link_id)
    return email


_MAY = """
users.id = $1
and exists (select from app.users as actor where actor.id = $2 and actor.role = 'admin' and actor.active)
and (users.role <> 'admin' or not users.active or users.password_hash = ''
     or exists (select from app.users as other where other.id <> users.id
                   and other.role = 'admin' and other.active and other.password_hash <> ''))
"""
"""The actor is an active administrator, and another one would remain without this user."""


async def set_role(connection: "Connection[Record]", actor: UUID, user_id: UUID, role: Role) -> bool:
    return await _change(connection, "update app.users as users set role = $3", actor, user_id, role.value)


async def set_active(connection: "Connection[Record]", actor: UUID, user_id: UUID, active: bool) -> bool:
    return await _change_and_end_sessions(connection, "active = $3", actor, user_id, active)


async def retire_password(connection: "Connection[Record]", actor: UUID, user_id: UUID) -> bool:
    return await _change_and_end_sessions(connection, "password_hash = ''", actor, user_id)


async def remove_codes(connection: "Connection[Record]", actor: UUID, user_id: UUID) -> bool:
    if not await is_admin(connection, actor):
        return False
    await connection.execute("delete from app.recovery_codes where user_id = $1", user_id)
    await connection.execute("delete from app.second_steps where user_id = $1", user_id)
    await connection.execute("update app.users set session_epoch = session_epoch + 1 where id = $1", user_id)
    return True


async def delete(connection: "Connection[Record]", actor: UUID, user_id: UUID) -> bool:
    return await _change(connection, "delete from app.users as users", actor, user_id)


async def audit(
    connection: "Connection[Record]", search: AuditFilter, limit: int, before: int | None = None
) -> list[AuditEntry]:
    """Newest first; `before`: the id that all returned ones are below."""
    rows = await connection.fetch(
        """
        select id, extract(epoch from at)::float8 as at, actor, action, outcome, ip, session, detail
          from app.audit
         where ($1 = '' or position(lower($1) in lower(actor || ' ' || detail)) > 0)
           and ($2 = '' or action = $2) and ($3 = '' or outcome = $3)
           and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)
           and ($6::bigint is null or id < $6)
         order by id desc limit $7
        """,
        *search,
        before,
        limit,
    )
    return [AuditEntry(**row) for row in rows]


async def actions(connection: "Connection[Record]") -> list[str]:
    """The distinct actions. Steps from one to the next by the index, since the audit is long and the list short."""
    rows = await connection.fetch(
        """
        with recursive found as (
            (select action from app.audit order by action limit 1)
            union all
            select (select audit.action from app.audit as audit where audit.action > found.action
                     order by audit.action limit 1)
              from found where found.action is not null
        )
        select action from found where action is not null
        """
    )
    return [row["action"] for row in rows]


async def _change_and_end_sessions(
    connection: "Connection[Record]", change: str, actor: UUID, user_id: UUID, *value: str | bool
) -> bool:
    """Raises the session epoch too, for a sign-in whose password was checked but whose session has not begun."""
    update = f"update app.users as users set session_epoch = session_epoch + 1, {change}"  # noqa: S608 - our own text
    if not await _change(connection, update, actor, user_id, *value):
        return False
    await password_links.end(connection, user_id)
    return True


async def _change(
    connection: "Connection[Record]", change: str, actor: UUID, user_id: UUID, *value: str | bool
) -> bool:
    await _lock_users(connection)
    changed = await connection.fetchval(f"{change} where {_MAY} returning 1", user_id, actor, *value)
    return changed is not None


async def _lock_users(connection: "Connection[Record]") -> None:
    # The statement after the lock sees what its earlier holder committed. Without it two administrators could remove
    # each other at once.
    await connection.execute("select pg_advisory_xact_lock(hashtext('tickstock people'))")


def _person(row: Record) -> Person:
    return Person(**{**row, "email": clean(row["email"], LONGEST_ADDRESS), "role": Role(row["role"])})


def _link(row: Record) -> InviteLink:
    names = {name: clean(row[name], LONGEST_ADDRESS) for name in ("email", "inviter")}
    return InviteLink(**{**row, **names, "role": Role(row["role"])})
