"""Sessions in Redis. Keys hold a hash of the session id only: who reads Redis cannot take one over."""

import secrets
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from redis.asyncio import Redis

from app.identity import secret_hash
from app.wire import lua
from app.wire.channels import SESSION_PREFIX, SETTINGS_VERSION_PREFIX, USER_SESSIONS_PREFIX
from app.wire.client import reachable
from app.wire.coalesced_script import Call, CoalescedScript
from app.wire.users.pending_logins import PendingLogins

_CREATE = lua.read(__file__, "create_session")
_LOAD = lua.read(__file__, "load_session")
_CONFIRM = lua.read(__file__, "confirm_session")
_IS_CONFIRMED = lua.read(__file__, "is_confirmed")

ALWAYS, NEVER = 0.0, 1e12
"""Seconds since a session was last used, from which on a look at it counts as use."""

TOUCHES = 10
"""How often within the idle time the use by an open stream is written down."""

ANNOUNCED_SECONDS = 10
"""For which a change of settings is announced: longer than any process caches them."""

MOST_LISTED = 100
LISTED_FIELDS = ("created", "seen", "user_agent", "ip", "begun")


class SessionStart(StrEnum):
    """What a session began with."""

    SIGN_IN = "sign-in"
    NEW_PASSWORD = "new-password"  # noqa: S105 - no password


class SessionRecord(NamedTuple):
    """Times are UTC epoch seconds by Redis' clock."""

    user_id: UUID
    created: float
    hash: str
    """SHA-256 of the session id, in hex."""
    epoch: int
    """The user's when it began: whatever raises theirs ends it, even where Redis still keeps it."""
    now: float
    """When it was read."""
    idle_ends: float
    """When it ends if nobody uses it; never after `ends`."""
    ends: float
    """The absolute limit, whatever it is used for."""
    settings_version: int = 0
    """Of the user's settings, if they changed within ANNOUNCED_SECONDS; else 0."""


class OpenSession(NamedTuple):
    """One of a user's, as they are shown it. `created` and `seen`: wall time, UTC epoch seconds."""

    hash: str
    created: float
    used_at: float
    user_agent: str
    ip: str
    start: SessionStart


class SessionStore:
    def __init__(self, client: Redis, idle_seconds: int, absolute_seconds: int) -> None:
        self._client = client
        self._idle = idle_seconds
        self._absolute = absolute_seconds
        self.pending_logins = PendingLogins(client)
        self._create = client.register_script(_CREATE)
        self._load = CoalescedScript(client, _LOAD)
        self._confirm = client.register_script(_CONFIRM)
        self._confirmed = client.register_script(_IS_CONFIRMED)

    async def create(
        self, user_id: UUID, user_agent: str, ip: str, epoch: int = 0, start: SessionStart = SessionStart.SIGN_IN
    ) -> str:
        """The session id, for the cookie alone."""
        sid = secrets.token_urlsafe(32)
        hash_ = secret_hash(sid)
        keys = (SESSION_PREFIX + hash_, f"{USER_SESSIONS_PREFIX}{user_id}")
        agent = user_agent.encode("utf-8", "replace")[:300]
        arguments = (self._idle, self._absolute, str(user_id), agent, ip[:64], hash_, epoch, start.value)
        with reachable():
            await self._create(keys=keys, args=arguments)
        return sid

    async def load(self, sid: str) -> SessionRecord | None:
        """Counts as activity."""
        return await self._find(secret_hash(sid), ALWAYS)

    async def peek(self, hash_: str) -> SessionRecord | None:
        """By the hash, and no activity."""
        return await self._find(hash_, NEVER)

    async def valid(self, hashes: Iterable[str]) -> dict[str, SessionRecord]:
        """Those of them that have not ended, by their hashes. For open streams: they are activity, which is written
        down once in a tenth of the idle time. What has ended is not brought back."""
        hashes = list(hashes)
        with reachable():
            rows = await self._load.each([self._call(hash_, self._idle / TOUCHES) for hash_ in hashes])
        return {hash_: _record(hash_, fields) for hash_, fields in zip(hashes, rows, strict=True) if fields}

    async def announce_settings(self, user_id: UUID, version: int) -> None:
        """Every session of the user is loaded with this version from now on, in all processes."""
        with reachable():
            await self._client.set(f"{SETTINGS_VERSION_PREFIX}{user_id}", version, ex=ANNOUNCED_SECONDS)

    async def confirm(self, hash_: str) -> None:
        """Its user has shown once more who they are."""
        with reachable():
            await self._confirm(keys=(SESSION_PREFIX + hash_,))

    async def confirmed(self, hash_: str, within_seconds: int) -> bool:
        """Whether its user showed who they are so short a while ago; but for a new password, it begins with that."""
        with reachable():
            return bool(await self._confirmed(keys=(SESSION_PREFIX + hash_,), args=(within_seconds,)))

    async def of(self, user_id: UUID) -> list[OpenSession]:
        """The newest first."""
        with reachable():
            hashes: list[Any] = await self._client.zrange(f"{USER_SESSIONS_PREFIX}{user_id}", -MOST_LISTED, -1)
            hashes.reverse()
            async with self._client.pipeline(transaction=False) as pipeline:
                for hash_ in hashes:
                    pipeline.hmget(SESSION_PREFIX + hash_.decode(), LISTED_FIELDS)
                rows = await pipeline.execute()
        return [_open_session(hash_.decode(), fields) for hash_, fields in zip(hashes, rows, strict=True) if fields[0]]

    async def end(self, sid: str) -> None:
        hash_ = secret_hash(sid)
        record = await self._find(hash_, NEVER)
        with reachable():
            await self._client.delete(SESSION_PREFIX + hash_)
            if record is not None:
                await self._client.zrem(f"{USER_SESSIONS_PREFIX}{record.user_id}", hash_)

    async def end_one(self, user_id: UUID, hash_: str) -> bool:
        """Whether it was this user's and stood until now."""
        with reachable():
            if not await self._client.zrem(f"{USER_SESSIONS_PREFIX}{user_id}", hash_):
                return False
            return bool(await self._client.delete(SESSION_PREFIX + hash_))

    async def end_all(self, user_id: UUID, but: str = "") -> int:
        """All of a user's, or all but the one with this hash; how many still stood."""
        index = f"{USER_SESSIONS_PREFIX}{user_id}"
        with reachable():
            members: list[Any] = await self._client.zrange(index, 0, -1)
            hashes = [hash_.decode() for hash_ in members if hash_.decode() != but]
            if not hashes:
                return 0
            # Not the whole index: a session may begin between these lines.
            await self._client.zrem(index, *hashes)
            ended: int = await self._client.delete(*(SESSION_PREFIX + hash_ for hash_ in hashes))
        return ended

    async def _find(self, hash_: str, touch_after: float) -> SessionRecord | None:
        call = self._call(hash_, touch_after)
        with reachable():
            fields = await self._load(*call)
        return _record(hash_, fields) if fields else None

    def _call(self, hash_: str, touch_after: float) -> Call:
        return Call((SESSION_PREFIX + hash_,), (self._idle, self._absolute, touch_after, SETTINGS_VERSION_PREFIX))


def _record(hash_: str, fields: Sequence[Any]) -> SessionRecord:
    user_id, created, epoch, now, idle_ends, ends, settings_version = fields
    times = (float(now), float(idle_ends), float(ends))
    return SessionRecord(
        UUID(user_id.decode()), float(created), hash_, int(epoch), *times, settings_version=int(settings_version)
    )


def _open_session(hash_: str, fields: Sequence[bytes | None]) -> OpenSession:
    created, used_at, agent, ip, start = ((field or b"").decode("utf-8", "replace") for field in fields)
    session_start = SessionStart.NEW_PASSWORD if start == SessionStart.NEW_PASSWORD else SessionStart.SIGN_IN
    return OpenSession(hash_, float(created), float(used_at or created), agent, ip, session_start)
