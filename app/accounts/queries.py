"""Users, invitations, setup links and registrations in our own schema."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID, uuid4

from asyncpg import Connection, Record

from app.accounts.settings.queries import StoredSettings, decoded_settings
from app.db import password_links
from app.db.audit import SIGN_IN_ACTIONS
from app.identity import Role, secret_hash
from app.wire.codec.text import clean

LONGEST_ADDRESS = 254


class User(NamedTuple):
    id: UUID
    email: str
    password_hash: str
    role: Role
    active: bool
    session_epoch: int
    """Raising it ends every session that began before."""
    two_steps: bool
    """Signing in asks for a code as well."""
    settings: StoredSettings


class Invite(NamedTuple):
    """`user_id`: the account whose password it replaces; None if it creates one."""

    email: str
    role: Role
    user_id: UUID | None


_FIELDS = """
users.id, email, password_hash, role, active, session_epoch,
exists (select from app.second_steps where user_id = users.id and confirmed_at is not null) as two_steps,
(select to_jsonb(settings) from app.user_settings as settings where user_id = users.id) as settings
"""
_USERS = f"select {_FIELDS} from app.users as users"  # noqa: S608 - our own text


async def user_by_email(connection: "Connection[Record]", email: str) -> User | None:
    return _user(await connection.fetchrow(f"{_USERS} where lower(email) = $1", email))


async def user_by_id(connection: "Connection[Record]", user_id: UUID) -> User | None:
    return _user(await connection.fetchrow(f"{_USERS} where users.id = $1", user_id))


async def users_by_id(connection: "Connection[Record]", user_ids: Collection[UUID]) -> dict[UUID, User]:
    rows = await connection.fetch(f"{_USERS} where users.id = any($1)", user_ids)
    return {user.id: user for row in rows if (user := _user(row))}


async def all_users(connection: "Connection[Record]") -> list[User]:
    rows = await connection.fetch(f"{_USERS} order by lower(email)")
    return [user for row in rows if (user := _user(row))]


async def end_sessions(connection: "Connection[Record]", user_id: UUID) -> None:
    """Ends all sessions of the user without Redis."""
    await connection.execute("update app.users set session_epoch = session_epoch + 1 where id = $1", user_id)


async def admin_exists(connection: "Connection[Record]") -> bool:
    exists: bool = await connection.fetchval("select exists(select from app.users where role = 'admin')")
    return exists


async def was_here(connection: "Connection[Record]", user: User) -> bool:
    """Whether the user has ever signed in."""
    entered: bool = await connection.fetchval(
        "select exists(select from app.audit as entry join app.users as users on users.email = entry.actor"
        " where users.id = $1 and actor = $2 and action = any($3::text[]) and outcome = 'ok' and session <> ''"
        " and at >= created_at)",
        user.id,
        user.email,
        SIGN_IN_ACTIONS,
    )
    return entered


async def insert_user(connection: "Connection[Record]", email: str, password_hash: str, role: Role) -> User | None:
    """None if the address has an account."""
    return _user(
        await connection.fetchrow(
            "insert into app.users as users (id, email, password_hash, role) values ($1, $2, $3, $4)"  # noqa: S608
            f" on conflict do nothing returning {_FIELDS}",
            uuid4(),
            email,
            password_hash,
            role.value,
        )
    )


async def renew_hash(connection: "Connection[Record]", user: User, password_hash: str) -> None:
    """Stores a new hash of the same password, unless the password has changed."""
    await connection.execute(
        "update app.users set password_hash = $3 where id = $1 and password_hash = $2",
        user.id,
        user.password_hash,
        password_hash,
    )


async def replace_hash(connection: "Connection[Record]", user_id: UUID, password_hash: str) -> None:
    """Needs a transaction. Ends every session and password link of the user."""
    await connection.execute(
        "update app.users set password_hash = $2, session_epoch = session_epoch + 1 where id = $1",
        user_id,
        password_hash,
    )
    await password_links.end(connection, user_id)


async def change_password(connection: "Connection[Record]", user: User, password_hash: str) -> User | None:
    """Needs a transaction. Ends every session and password link of the user. None if the password was changed
    meanwhile."""
    changed = _user(
        await connection.fetchrow(
            "update app.users as users set password_hash = $3, session_epoch = session_epoch + 1"  # noqa: S608
            f" where id = $1 and password_hash = $2 and active returning {_FIELDS}",
            user.id,
            user.password_hash,
            password_hash,
        )
    )
    if changed is not None:
        await password_links.end(connection, user.id)
    return changed


async def replace_setup_token(connection: "Connection[Record]", token: str) -> None:
    """Makes this the only valid setup link."""
    async with connection.transaction():
        await connection.execute("delete from app.setup_tokens where used_at is null")
        await connection.execute("insert into app.setup_tokens (token_hash) values ($1)", secret_hash(token))


async def setup_token_works(connection: "Connection[Record]", token: str) -> bool:
    works: bool = await connection.fetchval(
        "select exists(select from app.setup_tokens where token_hash = $1 and used_at is null)"
        " and not exists(select from app.users where role = 'admin')",
        secret_hash(token),
    )
    return works


async def use_setup_token(connection: "Connection[Record]", token: str) -> bool:
    """False if it was used or replaced; of two simultaneous uses one gets False."""
    used = await connection.fetchval(
        "update app.setup_tokens set used_at = now() where token_hash = $1 and used_at is null"
        " and not exists(select from app.users where role = 'admin') returning 1",
        secret_hash(token),
    )
    return used is not None


async def put_registration(connection: "Connection[Record]", email: str, token: str, hours: int) -> None:
    """Replaces the link of that address."""
    await connection.execute("delete from app.registrations where expires_at <= now()")
    await connection.execute(
        """
        insert into app.registrations (email, token_hash, expires_at)
        values ($1, $2, now() + make_interval(hours => $3))
        on conflict (email) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at
        """,
        email,
        secret_hash(token),
        hours,
    )


async def open_registration(connection: "Connection[Record]", token: str) -> str | None:
    """The address of a valid link."""
    email: str | None = await connection.fetchval(
        "select email from app.registrations where token_hash = $1 and expires_at > now()", secret_hash(token)
    )
    return email


async def use_registration(connection: "Connection[Record]", token: str) -> str | None:
    """The address; None if the link is used or expired. Of two simultaneous uses one gets None."""
    email: str | None = await connection.fetchval(
        "delete from app.registrations where token_hash = $1 and expires_at > now() returning email", secret_hash(token)
    )
    return email


_OPEN_INVITE = """
app.invites.token_hash = $1 and app.invites.expires_at > now()
and exists (select from app.users where id = invited_by and role = 'admin' and active)
and (user_id is null or exists (select from app.users where id = user_id and active))
"""
"""An invitation ends when the administrator who made it is removed, disabled or demoted."""


async def open_invite(connection: "Connection[Record]", token: str) -> Invite | None:
    return _invite(
        await connection.fetchrow(
            f"select email, role, user_id from app.invites where {_OPEN_INVITE}",  # noqa: S608 - our own text
            secret_hash(token),
        )
    )


async def use_invite(connection: "Connection[Record]", token: str) -> Invite | None:
    """None if it is used or expired; of two simultaneous uses one gets None."""
    return _invite(
        await connection.fetchrow(
            f"delete from app.invites where {_OPEN_INVITE} returning email, role, user_id",  # noqa: S608 - our own text
            secret_hash(token),
        )
    )


def _user(row: Record | None) -> User | None:
    if row is None:
        return None
    settings = decoded_settings(row["settings"])
    email = clean(row["email"], LONGEST_ADDRESS)
    return User(**{**row, "email": email, "role": Role(row["role"]), "settings": settings})


def _invite(row: Record | None) -> Invite | None:
    return Invite(row["email"], Role(row["role"]), row["user_id"]) if row else None
