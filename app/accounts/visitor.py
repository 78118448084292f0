"""Who is at the other end: a random id in a signed cookie, its session in Redis, the user's row in PostgreSQL."""

import hashlib
import time
import warnings
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import quart_auth
from quart import Quart, current_app
from quart_auth import AuthUser, QuartAuth

from app import db, deps
from app.accounts import queries
from app.accounts.queries import User
from app.identity import Identity
from app.web import caller

FRESH_SECONDS = 5.0
"""How long a role or a closed account may go unnoticed."""

REMEMBERED_SECONDS = 3600.0
"""How long a known user is believed in while the database is away."""

REMEMBERED_USERS = 10_000


class Remembered(NamedTuple):
    user: User | None
    at: float


class Users:
    """Rows read a moment ago, so that a page costs no query to know who asks for it."""

    def __init__(self) -> None:
        self._known: dict[UUID, Remembered] = {}

    async def find(self, user_id: UUID) -> User | None:
        known = self._known.get(user_id)
        if known and time.monotonic() - known.at < FRESH_SECONDS:
            return known.user
        try:
            async with deps.pools().own.acquire() as connection:
                user = await queries.user_by_id(connection, user_id)
        except db.Unavailable:
            # Nobody can be given or refused anything while it is away, so what was true then is true now.
            if known is None or time.monotonic() - known.at > REMEMBERED_SECONDS:
                raise
            return known.user
        if len(self._known) >= REMEMBERED_USERS:
            self._known.clear()
        self._known[user_id] = Remembered(user, time.monotonic())
        return user


def install(app: Quart, https: bool, absolute_seconds: int) -> None:
    # Behind a proxy that speaks TLS for us every request looks insecure, and is not.
    warnings.filterwarnings("ignore", "Secure cookies will be ignored", module="quart_auth")
    # Lax, not Strict: a link in a mail should find one signed in.
    QuartAuth(
        app,
        cookie_name="__Host-ts" if https else "ts",
        cookie_secure=https,
        cookie_samesite="Lax",
        duration=absolute_seconds,
    )
    app.extensions["users"] = Users()


async def load() -> Identity | None:
    sid = quart_auth.current_user.auth_id
    if sid is None:
        return None
    sessions = deps.sessions()
    record = await (sessions.peek(_hash(sid)) if caller.opens_stream() else sessions.load(sid))
    if record is None:
        return None
    users: Users = current_app.extensions["users"]
    user = await users.find(record.user_id)
    if user is None or not user.active:
        return None
    return Identity(user_id=user.id, email=user.email, role=user.role, session=record.hash)


async def still_admitted(known: Collection[Identity]) -> set[Identity]:
    """Those whose session stands, and who are still who they were when it let them in."""
    standing = await deps.sessions().standing({each.session for each in known})
    users: Users = current_app.extensions["users"]
    admitted = set()
    for each in known:
        user = await users.find(each.user_id) if each.session in standing else None
        if user and user.active and user.role is each.role:
            admitted.add(each)
    return admitted


async def let_in(user: User) -> None:
    """Begins a session under a new id, whatever cookie was there before."""
    before = quart_auth.current_user.auth_id
    sid = await deps.sessions().create(user.id, caller.agent(), caller.address())
    if before is not None:
        await deps.sessions().end(before)
    quart_auth.login_user(AuthUser(sid))


async def let_go() -> None:
    sid = quart_auth.current_user.auth_id
    quart_auth.logout_user()
    if sid is not None:
        await deps.sessions().end(sid)


def _hash(sid: str) -> str:
    return hashlib.sha256(sid.encode("utf-8", "replace")).hexdigest()
