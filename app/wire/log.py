"""The log: what counts once and in order, in one capped Redis Stream that every web process appends to and tails."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.wire.backoff import Backoff
from app.wire.channels import LOG_EPOCH_KEY, LOG_KEY, LOG_SEEN_PREFIX
from app.wire.client import close, connect_blocking, reachable
from app.wire.entries import BEGINNING, Entry, LogId, pack, unpack
from app.wire.events import PatternDetected
from app.wire.identity import Identities

__all__ = ["BEGINNING", "Entry", "Gap", "Log", "LogId", "Lost"]

logger = logging.getLogger(__name__)

MAX_ENTRIES = 10_000
SEEN_SECONDS = 6 * 3600
BATCH = 500
BLOCK_MS = 2000
SILENCE_SECONDS = 6.0

# Ids are <epoch>-<n> with n counting from 0 without holes. A log that is gone, or shorter than what this process has
# seen, would give old ids to new entries: it goes on under a new epoch, greater than every one before.
# An empty payload only looks after the epoch.
_APPEND = """
local log, epoch_key, seen_key = KEYS[1], KEYS[2], KEYS[3]
local payload, seen_seconds, max_entries = ARGV[1], ARGV[2], ARGV[3]
local known_epoch, known_n = tonumber(ARGV[4]), tonumber(ARGV[5])
if payload ~= '' and redis.call('EXISTS', seen_key) == 1 then return false end
local top_epoch, top_n = 0, -1
local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if newest then
  local epoch, n = string.match(newest[1], '(%d+)-(%d+)')
  top_epoch, top_n = tonumber(epoch), tonumber(n)
end
local epoch = tonumber(redis.call('GET', epoch_key) or '0') or 0
local n = -1
if top_epoch == epoch then n = top_n end
local forgot = known_epoch == epoch and known_n > n
if not newest or epoch < top_epoch or epoch < known_epoch or forgot then
  local now = redis.call('TIME')
  epoch = math.max(now[1] * 1000 + math.floor(now[2] / 1000), epoch + 1, top_epoch + 1, known_epoch + 1)
  redis.call('SET', epoch_key, string.format('%.0f', epoch))
end
if payload == '' then return string.format('%.0f', epoch) end
local id = redis.call('XADD', log, 'MAXLEN', '~', max_entries, string.format('%.0f', epoch) .. '-*', 'e', payload)
redis.call('SET', seen_key, id, 'EX', seen_seconds)
return id
"""


class Gap(NamedTuple):
    """The log no longer reaches back to there; `missed` entries, or nobody knows how many."""

    missed: int | None


class Lost(NamedTuple):
    """In a tail: between the entry before and the one after, entries are missing."""

    missed: int | None


class Log:
    def __init__(self, client: Redis, blocking_url: str) -> None:
        self._client = client
        self._blocking_url = blocking_url
        self._append = client.register_script(_APPEND)
        self._identities = Identities()
        self._known = BEGINNING

    async def append_once(self, event: PatternDetected) -> LogId | None:
        """None when the event is in the log already, whoever put it there."""
        with reachable():
            id_ = await self._call(LOG_SEEN_PREFIX + self._identities.of(event), pack(event))
        if not id_:
            return None
        appended = _id(id_)
        self._known = max(self._known, appended)
        return appended

    async def top(self) -> LogId:
        with reachable():
            newest: list[Any] | None = await self._client.xrevrange(LOG_KEY, count=1)
        return _id(newest[0][0]) if newest else BEGINNING

    async def since(self, after: LogId, upto: LogId) -> tuple[Entry, ...] | Gap:
        """All entries in (after, upto], or none of them."""
        expected = _distance(after, upto)
        if expected is None:
            return Gap(None)
        if expected <= 0:
            return await self._ahead(after, upto)
        with reachable():
            found: list[Any] | None = await self._client.xrange(LOG_KEY, min=f"({after}", max=str(upto))
        if not found or len(found) != expected:
            return Gap(expected)
        entries = (unpack(_id(id_), fields) for id_, fields in found)
        return tuple(entry for entry in entries if entry is not None)

    async def _ahead(self, after: LogId, upto: LogId) -> tuple[Entry, ...] | Gap:
        """This process may lag behind the reader; but the log itself may not."""
        return () if after == upto or after <= await self.top() else Gap(None)

    async def tail(self, after: LogId) -> AsyncGenerator[Entry | Lost, None]:
        """Every entry after `after`, for ever: waits out Redis being away, and says where entries are missing."""
        position = _Position(after)
        backoff = Backoff()
        self._known = max(self._known, after)
        while True:
            client = connect_blocking(self._blocking_url)
            try:
                if await self._forgot(position):
                    yield Lost(None)
                while True:
                    batch = await _read(client, position.last)
                    backoff.succeeded()
                    for id_, fields in batch:
                        missed = position.step(id_, fields)
                        self._known = max(self._known, id_)
                        if missed is not None:
                            yield missed
                        if (entry := unpack(id_, fields)) is not None:
                            yield entry
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning("log out of sight: %s", type(error).__name__)
            finally:
                await close(client)
            await backoff.wait()

    async def _forgot(self, position: "_Position") -> bool:
        """Whether the log is no longer the one in which `position` was reached; then it goes on under a new epoch."""
        last = position.last
        if last == BEGINNING or position.forgotten:
            return False
        top = await self.top()
        altered = await self._altered(position)
        if top >= last and not altered:
            return False
        # With our id on another content the top may be as far as ours: to claim one more forces the new epoch.
        self._known = max(self._known, LogId(top.epoch, top.n + 1) if altered else last)
        await self._call(LOG_SEEN_PREFIX, b"")
        position.forgotten = True
        return True

    async def _altered(self, position: "_Position") -> bool:
        at = str(position.last)
        found: list[Any] | None = await self._client.xrange(LOG_KEY, min=at, max=at)
        return bool(found and position.fields is not None and found[0][1] != position.fields)

    async def _call(self, seen_key: str, payload: bytes) -> bytes:
        keys = (LOG_KEY, LOG_EPOCH_KEY, seen_key)
        arguments = (payload, SEEN_SECONDS, MAX_ENTRIES, self._known.epoch, self._known.n)
        answer = await self._append(keys=keys, args=arguments)
        return answer if isinstance(answer, bytes) else b""


class _Position:
    """How far a tail has come, and what it saw there."""

    def __init__(self, last: LogId) -> None:
        self.last = last
        self.fields: object = None
        self.forgotten = False
        """The log was lost and the loss is told: the new epoch is no news."""

    def step(self, id_: LogId, fields: object) -> Lost | None:
        told, self.forgotten = self.forgotten, False
        before, self.last, self.fields = self.last, id_, fields
        missed = _distance(before, id_)
        if missed is None:
            return None if told and id_.n == 0 else Lost(None)
        return Lost(missed - 1) if missed > 1 else None


def _distance(after: LogId, upto: LogId) -> int | None:
    """Entries in (after, upto]; None where the two are of different epochs."""
    if after == BEGINNING:
        return 0 if upto == BEGINNING else upto.n + 1
    return upto.n - after.n if after.epoch == upto.epoch else None


async def _read(client: Redis, after: LogId) -> list[tuple[LogId, dict[bytes, bytes]]]:
    async with asyncio.timeout(SILENCE_SECONDS):
        found: Any = await client.xread({LOG_KEY: str(after)}, count=BATCH, block=BLOCK_MS)
    return [(_id(id_), fields) for id_, fields in found[0][1]] if found else []


def _id(raw: Any) -> LogId:
    found = LogId.parse(raw.decode())
    if found is None:
        raise RedisError("stream id out of bounds")
    return found
