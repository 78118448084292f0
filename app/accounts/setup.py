"""How accounts come to be without anybody signed in: the one-time link, and the command line."""

import secrets

from app.accounts import forms, passwords, queries
from app.accounts.queries import Action, Outcome
from app.db.pools import Pool
from app.identity import Role


async def ensure_link(pool: Pool, public_url: str) -> str | None:
    """Where the first admin is made; None once there is one. Each call makes a new link and ends the one before."""
    async with pool.acquire() as connection:
        if await queries.admin_exists(connection):
            return None
        token = secrets.token_urlsafe(32)
        await queries.replace_setup_token(connection, token)
    return f"{public_url}/welcome/{token}"


async def create_user(pool: Pool, email: str, role: Role, password: str) -> None:
    """Raises ValueError, whose text says to the operator what is wrong."""
    email = forms.normal_email(email)
    if not forms.is_email(email):
        raise ValueError("this is not an e-mail address")
    if reason := passwords.weakness(password, email):
        raise ValueError(f"password: {reason}")
    password_hash = await passwords.hashed(password)
    async with pool.acquire() as connection:
        if await queries.insert_user(connection, email, password_hash, Role(role)) is None:
            raise ValueError(f"{email} already has an account")
        await queries.record(connection, "command line", Action.CREATE_USER, Outcome.OK, "", email)
