"""Creates accounts without a signed-in user: by the one-time setup link and on the command line."""

import secrets
from typing import Any

from app.accounts import passwords, queries
from app.accounts.mfa import queries as steps
from app.accounts.queries import User
from app.accounts.resets import queries as resets
from app.db import Unavailable
from app.db.audit import AuditAction, AuditOutcome, record
from app.db.pools import Pool
from app.identity import Role
from app.web.forms import fields

OPERATOR = "command line"
LINK_HOURS = 24


async def ensure_link(pool: Pool, public_url: str) -> str | None:
    """The link that makes the first administrator; None once there is one. A new link replaces the one before."""
    async with pool.acquire() as connection:
        if await queries.admin_exists(connection):
            return None
        token = secrets.token_urlsafe(32)
        await queries.replace_setup_token(connection, token)
    return f"{public_url}/welcome/{token}"


class AdminCheck:
    """Whether this desk has an administrator. Queries the database until it has one."""

    def __init__(self) -> None:
        self._administered = False

    async def lacks_admin(self, pool: Pool) -> bool:
        """False also while the database is away, so that the sign-in page works without it."""
        if not self._administered:
            try:
                async with pool.acquire() as connection:
                    self._administered = await queries.admin_exists(connection)
            except Unavailable:
                return False
        return not self._administered


async def users(pool: Pool) -> list[User]:
    async with pool.acquire() as connection:
        return await queries.all_users(connection)


async def reset_link(pool: Pool, email: str, public_url: str) -> str:
    """A one-time link to choose a new password. Raises ValueError, with a message for the operator."""
    token = secrets.token_urlsafe(32)
    async with pool.acquire() as connection, connection.transaction():
        user = await _user(connection, email)
        if not user.active:
            raise ValueError(f"{user.email} is disabled, and no password lets them in")
        await resets.put(connection, user.id, token, LINK_HOURS)
        await record(connection, OPERATOR, AuditAction.RESET_LINK, AuditOutcome.OK, "", user.email)
    return f"{public_url}/reset/{token}"


async def remove_codes(pool: Pool, email: str) -> bool:
    """Returns whether codes were required before. Raises ValueError, with a message for the operator."""
    async with pool.acquire() as connection, connection.transaction():
        user = await _user(connection, email)
        had_codes = await steps.remove(connection, user.id)
        if had_codes:
            await queries.end_sessions(connection, user.id)
            await record(connection, OPERATOR, AuditAction.REMOVE_CODES, AuditOutcome.OK, "", user.email)
    return had_codes


async def _user(connection: Any, email: str) -> User:
    user = await queries.user_by_email(connection, fields.normal_email(email))
    if user is None:
        raise ValueError(f"{fields.normal_email(email)} has no account")
    return user


def check_new_account(email: str, password: str) -> str:
    """The address as it is stored. Raises ValueError, with a message for the operator."""
    email = fields.normal_email(email)
    if not fields.is_email(email):
        raise ValueError("this is not an e-mail address")
    if reason := passwords.weakness(password, email):
        raise ValueError(f"password: {reason}")
    return email


async def create_user(pool: Pool, email: str, role: Role, password: str) -> None:
    """Raises ValueError, with a message for the operator."""
    email = check_new_account(email, password)
    password_hash = await passwords.hash_password(password)
    async with pool.acquire() as connection:
        if await queries.insert_user(connection, email, password_hash, Role(role)) is None:
            raise ValueError(f"{email} already has an account")
        await record(connection, OPERATOR, AuditAction.CREATE_USER, AuditOutcome.OK, "", email)
