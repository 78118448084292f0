"""Identifies the user: a random id in a signed cookie, the session in Redis, the user's row in PostgreSQL."""

import time
import warnings
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple
from uuid import UUID

import quart_auth
from quart import Quart, current_app
from quart_auth import AuthUser, QuartAuth

from app import db, deps
from app.accounts import queries
from app.accounts.cookie import NonExpiringSerializer
from app.accounts.queries import User
from app.accounts.settings import queries as settings_queries
from app.identity import Identity, Role, secret_hash
from app.web import client, first_visit, session_end, viewer
from app.web.session_end import SessionEnd
from app.wire.users.sessions import SessionRecord, SessionStart

FRESH_SECONDS = 1.5
"""Pages may miss a change of role, a disabled account or a raised epoch for this long."""

CACHED_SECONDS = 3600.0
"""A cached row is used this long while the database is away."""

CACHED_USERS = 10_000


class CachedUser(NamedTuple):
    user: User | None
    at: float


class UserCache:
    """Caches user rows, so that a page needs no query to identify its user."""

    def __init__(self) -> None:
        self._entries: dict[UUID, CachedUser] = {}

    async def find(self, user_id: UUID, epoch: int, settings_version: int = 0) -> User | None:
        """`epoch`: of the session; a cached row with an older one, or with older settings, is read again."""
        entry = self._entries.get(user_id)
        if entry and entry.user and entry.user.settings.version < settings_version:
            self._entries[user_id] = entry._replace(at=entry.at - FRESH_SECONDS)
        return (await self.find_all({user_id: epoch}))[user_id]

    async def find_all(self, epochs: Mapping[UUID, int]) -> dict[UUID, User | None]:
        users = {
            user_id: self._entries[user_id].user for user_id, epoch in epochs.items() if self._fresh(user_id, epoch)
        }
        stale = [user_id for user_id in epochs if user_id not in users]
        return users | await self._read(stale) if stale else users

    def keep(self, user: User) -> None:
        self._entries[user.id] = CachedUser(user, time.monotonic())

    async def _read(self, user_ids: list[UUID]) -> dict[UUID, User | None]:
        before = {user_id: entry for user_id in user_ids if (entry := self._entries.get(user_id))}
        try:
            async with deps.pools().own.acquire() as connection:
                users = await queries.users_by_id(connection, user_ids)
        except db.Unavailable:
            # While the database is away no right can change, so that the cached rows are still true.
            oldest = min((entry.at for entry in before.values()), default=0.0)
            if len(before) < len(user_ids) or time.monotonic() - oldest > CACHED_SECONDS:
                raise
            return {user_id: entry.user for user_id, entry in before.items()}
        if len(self._entries) + len(user_ids) > CACHED_USERS:
            self._entries.clear()
        rows = {user_id: users.get(user_id) for user_id in user_ids}
        self._entries.update({user_id: CachedUser(user, time.monotonic()) for user_id, user in rows.items()})
        return rows

    def _fresh(self, user_id: UUID, epoch: int) -> bool:
        entry = self._entries.get(user_id)
        if entry is None or time.monotonic() - entry.at >= FRESH_SECONDS:
            return False
        return entry.user is None or entry.user.session_epoch >= epoch


def install(app: Quart, https: bool, absolute_seconds: int) -> None:
    # Behind a proxy that ends TLS, quart_auth takes every request for an insecure one.
    warnings.filterwarnings("ignore", "Secure cookies will be ignored", module="quart_auth")
    # Lax, not Strict: a link in an e-mail should open with the session.
    QuartAuth(
        app,
        cookie_name="__Host-ts" if https else "ts",
        cookie_secure=https,
        cookie_samesite="Lax",
        duration=absolute_seconds,
        serializer_class=NonExpiringSerializer,
    )
    app.extensions["users"] = UserCache()


async def load() -> Identity | None:
    sid = quart_auth.current_user.auth_id
    if sid is None:
        return None
    sessions = deps.sessions()
    record = await (sessions.peek(secret_hash(sid)) if client.is_stream_request() else sessions.load(sid))
    if record is None:
        return None
    user = await _users().find(record.user_id, record.epoch, record.settings_version)
    if user is None or not user.active or user.session_epoch != record.epoch:
        return None
    session_end.note(ending(record))
    if user.settings.version:
        viewer.note(user.settings.settings)
    return Identity(user_id=user.id, email=user.email, role=user.role, session=record.hash)


def ending(record: SessionRecord) -> SessionEnd:
    return SessionEnd(record.now, record.idle_ends, record.ends)


async def has_confirmed(who: Identity) -> bool:
    return await deps.sessions().confirmed(who.session, deps.settings().sessions.sudo_seconds)


async def owes_codes(who: Identity) -> bool:
    """Whether the user is an administrator who must set up codes first."""
    if who.role is not Role.ADMIN or not deps.settings().accounts.require_admin_totp:
        return False
    user = await _users().find(who.user_id, 0)
    return user is None or not user.two_steps


async def still_admitted(identities: Collection[Identity]) -> dict[Identity, SessionRecord]:
    """The identities whose session and role are still valid. Counts as use of the session."""
    standing = await deps.sessions().valid({each.session for each in identities})
    epochs: dict[UUID, int] = {}
    for record in standing.values():
        epochs[record.user_id] = max(record.epoch, epochs.get(record.user_id, 0))
    users = await _users().find_all(epochs)
    return {
        each: active
        for each in identities
        if (active := standing.get(each.session))
        and (user := users[active.user_id])
        and (user.active, user.role, user.session_epoch) == (True, each.role, active.epoch)
    }


async def begin_session(user: User, reason: SessionStart = SessionStart.SIGN_IN, created_in: Any = None) -> str:
    """Begins a session under a new id, in place of the one in the cookie. Returns its hash.

    `created_in`: the connection in whose transaction the account was made.
    """
    if reason is SessionStart.SIGN_IN:
        await _welcome(user, created_in)
    before = quart_auth.current_user.auth_id
    sid = await deps.sessions().create(user.id, client.user_agent(), client.address(), user.session_epoch, reason)
    if before is not None:
        await deps.sessions().end(before)
    quart_auth.login_user(AuthUser(sid))
    return secret_hash(sid)


async def _welcome(user: User, created_in: Any) -> None:
    """Marks a first sign-in, and stores what the browser's cookies hold for a user without settings."""
    async with nullcontext(created_in) if created_in else deps.pools().own.transaction() as connection:
        if created_in or not await queries.was_here(connection, user):
            first_visit.note()
        if not user.settings.version and viewer.of_cookies() != viewer.DEFAULTS:
            await settings_queries.insert(connection, user.id, viewer.of_cookies())


def landing(user: User, next_path: str) -> str:
    """Where a sign-in leads: the page that was asked for, or the one that the user chose."""
    return user.settings.settings.home.path if next_path == "/" else next_path


def refresh_user(user: User) -> None:
    """Makes a change to the user take effect in this process at once."""
    _users().keep(user)


async def end_other_sessions(user: User) -> None:
    """After a new password: begins a new session and ends every other one."""
    _users().keep(user)
    session = await begin_session(user, SessionStart.NEW_PASSWORD)
    if not user.two_steps:  # they have shown their password, and no code
        await deps.sessions().confirm(session)
    await deps.sessions().end_all(user.id, but=session)


async def end_session() -> None:
    sid = quart_auth.current_user.auth_id
    quart_auth.logout_user()
    if sid is not None:
        await deps.sessions().end(sid)


def _users() -> UserCache:
    users: UserCache = current_app.extensions["users"]
    return users
