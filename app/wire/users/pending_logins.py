"""Logins that still need a second factor: stored for minutes under a hash, and never a session."""

import secrets
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis

from app.identity import secret_hash
from app.wire.channels import PENDING_LOGIN_PREFIX
from app.wire.client import reachable

SECONDS = 300


class PendingLogin(NamedTuple):
    """`epoch`: the user's when the password was right; whatever raises theirs ends this as well."""

    user_id: UUID
    epoch: int


class PendingLogins:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def begin(self, user_id: UUID, epoch: int) -> str:
        """The id, for the cookie alone."""
        sid = secrets.token_urlsafe(32)
        with reachable():
            await self._client.set(_key(sid), f"{user_id} {epoch}", ex=SECONDS)
        return sid

    async def find(self, sid: str) -> PendingLogin | None:
        with reachable():
            value = await self._client.get(_key(sid))
        if not isinstance(value, bytes):
            return None
        user_id, epoch = value.decode().split()
        return PendingLogin(UUID(user_id), int(epoch))

    async def end(self, sid: str) -> bool:
        """Whether it stood until now."""
        with reachable():
            return bool(await self._client.delete(_key(sid)))


def _key(sid: str) -> str:
    return PENDING_LOGIN_PREFIX + secret_hash(sid)
