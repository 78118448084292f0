"""Who shows a token: its owner, with as much power as both the token and the owner have at this moment."""

import time
from collections import OrderedDict
from contextlib import suppress
from typing import NamedTuple

from quart import Quart, abort, current_app

from app import db, deps, wire
from app.accounts import throttle
from app.accounts.tokens import queries, secret
from app.accounts.tokens.queries import Owned
from app.db.audit import AuditAction, AuditOutcome, record
from app.identity import Identity, Role, Scope
from app.web import client

FRESH_SECONDS = 1.5
"""How long a token that was revoked, or an owner who was disabled or demoted, may go unnoticed."""

REMEMBERED = 5_000

WRONG = "30/5minute"
"""Tokens that are none, of one address. Those that work are counted elsewhere, and go on working beside them."""

TOLD = "1/minute"
"""Refusals of one address, or of one token that may too little, that the audit is told of."""


class Seen(NamedTuple):
    found: Owned
    at: float


class Known:
    """Tokens read a moment ago. What is none is never kept: strangers would fill it."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, Seen] = OrderedDict()

    def forget(self) -> None:
        self._seen.clear()

    async def find(self, hash_: str) -> Owned | None:
        seen = self._seen.get(hash_)
        if seen and time.monotonic() - seen.at < FRESH_SECONDS:
            return seen.found
        self._seen.pop(hash_, None)
        async with deps.pools().own.acquire() as connection:
            found = await queries.owned(connection, hash_)
            if found and not found.noted:
                await queries.note_use(connection, found.token.id)
        if found:
            self._seen[hash_] = Seen(found, time.monotonic())
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return found


def install(app: Quart) -> None:
    app.extensions["tokens"] = Known()


async def load(shown: str, wanted: Scope) -> Identity | None:
    """What is too little for `wanted` is written down here, and refused by who asks."""
    known: Known = current_app.extensions["tokens"]
    hash_ = secret.hashed(shown)
    found = await known.find(hash_) if secret.is_token(shown) else None
    reason = _refusal(found)
    if found is None or reason:
        await _refuse(found.email if found else "", reason)
        return None
    # The least of both: an administrator's token that only reads is no administrator.
    role = Role.ADMIN if found.role is Role.ADMIN and found.token.scope is Scope.ADMIN else Role.USER
    scope = found.token.scope if found.role is Role.ADMIN or found.token.scope is not Scope.ADMIN else Scope.JOBS
    if not scope.covers(wanted):
        await _note(found.email, f"{found.token.name}: {scope}, where it takes {wanted}", "token:small", hash_)
    return Identity(found.token.user_id, found.email, role, hash_, scope)


def _refusal(found: Owned | None) -> str:
    if found is None:
        return "not known, or revoked"
    if found.token.expired:
        return f"{found.token.name}: over"
    return "" if found.active else f"{found.token.name}: its owner is disabled"


async def _refuse(email: str, reason: str) -> None:
    neighbourhood = throttle.neighbourhood(client.address())
    try:
        wait = await deps.limits().hit("token:wrong", neighbourhood, WRONG)
    except wire.RedisUnavailable:
        return  # it is refused all the same
    await _note(email, reason, "token:told", neighbourhood)
    if wait is not None:
        abort(429, "Too many tokens that are none came from your address.", retry_after=wait)


async def _note(email: str, reason: str, scope: str, key: str) -> None:
    """The audit is told of some, and missed by nobody while it cannot be: what is refused is refused all the same."""
    refusal = (AuditAction.REFUSE_TOKEN, AuditOutcome.DENIED)
    with suppress(wire.RedisUnavailable, db.Unavailable):
        if await deps.limits().hit(scope, key, TOLD) is None:
            async with deps.pools().own.acquire() as connection:
                await record(connection, email, *refusal, client.address(), reason)
