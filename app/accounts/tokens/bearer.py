"""Identifies the owner of an API token, with the lesser rights of token and owner."""

import time
from collections import OrderedDict
from contextlib import suppress
from typing import NamedTuple

from quart import Quart, abort, current_app

from app import db, deps, wire
from app.accounts import throttle
from app.accounts.tokens import queries, secret
from app.accounts.tokens.queries import OwnedToken
from app.db.audit import AuditAction, AuditOutcome, record
from app.identity import Identity, Role, Scope, secret_hash
from app.web import client, viewer

FRESH_SECONDS = 1.5
"""A revoked token, a disabled or demoted owner, or other settings, may stay unnoticed for this long."""

CACHED_TOKENS = 5_000

GUESS_RATE = "30/5minute"
"""Invalid tokens from one address. Valid tokens from there keep working."""

AUDIT_RATE = "1/minute"
"""Refusals recorded in the audit, per address or per token."""


class CachedToken(NamedTuple):
    owned: OwnedToken
    at: float


class TokenCache:
    """Caches valid tokens. Invalid ones are not cached, so that guessing cannot fill it."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, CachedToken] = OrderedDict()

    def forget(self) -> None:
        self._entries.clear()

    async def find(self, hash_: str) -> OwnedToken | None:
        entry = self._entries.get(hash_)
        if entry and time.monotonic() - entry.at < FRESH_SECONDS:
            return entry.owned
        self._entries.pop(hash_, None)
        async with deps.pools().own.acquire() as connection:
            owned = await queries.owned(connection, hash_)
            if owned and not owned.use_recorded:
                await queries.note_use(connection, owned.token.id)
        if owned:
            self._entries[hash_] = CachedToken(owned, time.monotonic())
            if len(self._entries) > CACHED_TOKENS:
                self._entries.popitem(last=False)
        return owned


def install(app: Quart) -> None:
    app.extensions["tokens"] = TokenCache()


async def load(token: str, required: Scope) -> Identity | None:
    """None if the token is invalid. A scope below `required` is recorded here; the caller refuses it."""
    cache: TokenCache = current_app.extensions["tokens"]
    hash_ = secret_hash(token)
    owned = await cache.find(hash_) if secret.is_token(token) else None
    reason = _refusal(owned)
    if owned is None or reason:
        await _refuse(owned.email if owned else "", reason)
        return None
    # The lesser of both: a read-only token of an administrator has no administrator's rights.
    role = Role.ADMIN if owned.role is Role.ADMIN and owned.token.scope is Scope.ADMIN else Role.USER
    scope = owned.token.scope if owned.role is Role.ADMIN or owned.token.scope is not Scope.ADMIN else Scope.JOBS
    if not scope.covers(required):
        await _note(owned.email, f"{owned.token.name}: {scope}, where it takes {required}", "token:small", hash_)
    if owned.settings.version:
        viewer.note(owned.settings.settings)
    return Identity(owned.token.user_id, owned.email, role, hash_, scope)


def _refusal(owned: OwnedToken | None) -> str:
    if owned is None:
        return "not known, or revoked"
    if owned.token.expired:
        return f"{owned.token.name}: over"
    return "" if owned.active else f"{owned.token.name}: its owner is disabled"


async def _refuse(email: str, reason: str) -> None:
    network = throttle.client_network(client.address())
    try:
        wait = await deps.limits().hit("token:wrong", network, GUESS_RATE)
    except wire.RedisUnavailable:
        return  # it is refused all the same
    await _note(email, reason, "token:told", network)
    if wait is not None:
        abort(429, "Too many tokens that are none came from your address.", retry_after=wait)


async def _note(email: str, reason: str, scope: str, key: str) -> None:
    """Records a refusal at a limited rate. Without Redis or the database nothing is recorded."""
    refusal = (AuditAction.REFUSE_TOKEN, AuditOutcome.DENIED)
    with suppress(wire.RedisUnavailable, db.Unavailable):
        if await deps.limits().hit(scope, key, AUDIT_RATE) is None:
            async with deps.pools().own.acquire() as connection:
                await record(connection, email, *refusal, client.address(), reason)
