"""The event log: one capped Redis Stream that every web process appends to, once per event, and tails."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.wire import lua
from app.wire.backoff import Backoff
from app.wire.channels import (
    LOG_CURSOR_PREFIX,
    LOG_EPOCH_KEY,
    LOG_FOLD_PREFIX,
    LOG_FOLDED_KEY,
    LOG_KEY,
    LOG_NEW_KEY,
    LOG_SEEN_PREFIX,
    LOG_STORM_KEY,
)
from app.wire.client import RedisUnavailable, close, connect_blocking, reachable
from app.wire.events.event import LoggedEvent
from app.wire.log.entries import BEGINNING, LogEntry, StreamPosition, pack, unpack
from app.wire.log.event_identity import WINDOW_SECONDS, EventIdentities, EventIdentity, fingerprint
from app.wire.log.recent_identities import RecentIdentities
from app.wire.pubsub.connection import heed_cancellation
from app.wire.pubsub.join_order import WAIT_SECONDS
from app.wire.pubsub.outage import Outage

__all__ = ["BEGINNING", "Log", "LogEntry", "RangeGap", "StreamPosition", "TailGap"]

logger = logging.getLogger(__name__)

_APPEND = lua.read(__file__, "append")
_COMMIT = lua.read(__file__, "commit")
_REMEMBER = lua.read(__file__, "remember")

MAX_ENTRIES = 10_000
MOST_ERRORS = 200
"""Different errors in the log in one window, so that a storm of them evicts no alert."""

SEEN_SECONDS = 6 * 3600
MOMENT_SECONDS = WAIT_SECONDS + 5.0
"""Between two processes that log the same message: one may have joined in the middle, and wait."""

REMEMBERING_SECONDS = 2.0
"""In a new epoch, for all processes to bring what they know of the one that Redis lost."""

AGAIN_SECONDS = 0.05

_UNKNOWN = "?"
"""Before the id in a cursor whose consumer has committed nothing yet."""

BATCH = 500
BLOCK_MS = 2000
SILENCE_SECONDS = 6.0


class RangeGap(NamedTuple):
    """The log no longer reaches back to there; `missed` entries, or nobody knows how many."""

    missed: int | None


class TailGap(NamedTuple):
    """In a tail: between the entry before and the one after, entries are missing."""

    missed: int | None


class Log:
    def __init__(self, client: Redis, blocking_url: str, remembering_seconds: float = REMEMBERING_SECONDS) -> None:
        self._client = client
        self._blocking_url = blocking_url
        self._append = client.register_script(_APPEND)
        self._commit = client.register_script(_COMMIT)
        self._restore = client.register_script(_REMEMBER)
        self._remembering_ms = int(remembering_seconds * 1000)
        self._identities = EventIdentities()
        self._recent = RecentIdentities(SEEN_SECONDS)
        self._newest = BEGINNING
        self._wrote_epoch = self._restored_epoch = 0

    async def append_once(self, event: LoggedEvent) -> StreamPosition | None:
        """None when the event is in the log already, whoever put it there, or is an error like one that is."""
        identity = self._identities.of(event)
        try:
            with reachable():
                id_, count = await self._append_in_epoch(identity, pack(event), fingerprint(event))
        except RedisUnavailable:
            self._identities.set_count(identity, identity.occurrence - 1)
            raise
        self._identities.set_count(identity, count)
        self._recent.note(identity._replace(occurrence=count))
        if not id_:
            return None
        appended = _id(id_)
        self._newest = max(self._newest, appended)
        return appended

    async def top(self) -> StreamPosition:
        with reachable():
            newest: list[Any] | None = await self._client.xrevrange(LOG_KEY, count=1)
        return _id(newest[0][0]) if newest else BEGINNING

    async def newest(self, count: int) -> list[LogEntry]:
        """The last entries, oldest first."""
        with reachable():
            rows: list[Any] | None = await self._client.xrevrange(LOG_KEY, count=count)
        entries = (unpack(_id(id_), fields) for id_, fields in reversed(rows or []))
        return [entry for entry in entries if entry is not None]

    async def folded(self) -> int:
        """Errors like others that were counted with them instead of logged, by all processes, since Redis has data."""
        with reachable():
            count = await self._client.get(LOG_FOLDED_KEY)
        return int(count) if isinstance(count, bytes) and count.isdigit() else 0

    async def since(self, after: StreamPosition, upto: StreamPosition) -> tuple[LogEntry, ...] | RangeGap:
        """All entries in (after, upto], or none of them."""
        expected = _distance(after, upto)
        if expected is None:
            return RangeGap(None)
        if expected <= 0:
            return await self._ahead(after, upto)
        with reachable():
            rows: list[Any] | None = await self._client.xrange(LOG_KEY, min=f"({after}", max=str(upto))
        if not rows or len(rows) != expected:
            return RangeGap(expected)
        entries = (unpack(_id(id_), fields) for id_, fields in rows)
        return tuple(entry for entry in entries if entry is not None)

    async def _ahead(self, after: StreamPosition, upto: StreamPosition) -> tuple[LogEntry, ...] | RangeGap:
        """This process may lag behind the reader; but the log itself may not."""
        return () if after == upto or after <= await self.top() else RangeGap(None)

    async def cursor(self, name: str) -> StreamPosition:
        """How far the consumer of this name has come; one that is not known begins at the top."""
        return (await self._cursor(name))[0]

    async def commit(self, name: str, done: StreamPosition) -> None:
        """Up to `done` nothing has to be done again. A cursor never goes back."""
        with reachable():
            await self._commit(keys=(LOG_CURSOR_PREFIX + name,), args=(str(done), done.epoch, done.n))

    async def tail(self, after: StreamPosition | str) -> AsyncGenerator[LogEntry | TailGap, None]:
        """Every entry after `after`, for ever: waits out Redis being away, and says where entries are missing.

        `after` may be the name of a cursor: entries come again until they are committed. A cursor that is not there
        begins at the top with Lost(None), its first time ever too: where Redis lost its data it took the cursor and
        the log's epoch with it, and nothing is left that could tell the one from the other. That comes again, too,
        until an entry is committed.
        """
        start, unknown = await self._cursor(after) if isinstance(after, str) else (after, False)
        if unknown:
            yield TailGap(None)
        position = _Position(start)
        self._newest = max(self._newest, position.last)
        self._wrote_epoch = self._wrote_epoch or position.last.epoch
        backoff, outage = Backoff(), Outage(logger, "the log")
        while True:
            client = connect_blocking(self._blocking_url)
            try:
                if await self._was_lost(position):
                    yield TailGap(None)
                while True:
                    heed_cancellation()
                    batch = await _read(client, position.last)
                    backoff.succeeded()
                    outage.ended()
                    for id_, fields in batch:
                        self._newest = max(self._newest, id_)
                        await self._restore_identities(id_.epoch)
                        for entry in position.step(id_, fields):
                            yield entry
            except (RedisError, OSError, TimeoutError, RedisUnavailable) as error:
                outage.began(type(error).__name__)
            finally:
                await close(client)
            heed_cancellation()
            await backoff.wait()

    async def _cursor(self, name: str) -> tuple[StreamPosition, bool]:
        """And whether nobody knows what its consumer missed."""
        key = LOG_CURSOR_PREFIX + name
        with reachable():
            await self._client.set(key, _UNKNOWN + str(await self.top()), nx=True)
            value = await self._client.get(key)
        text = value.decode("ascii", "replace") if isinstance(value, bytes) else ""
        position = StreamPosition.parse(text)
        return position or StreamPosition.parse(text.removeprefix(_UNKNOWN)) or BEGINNING, position is None

    async def _was_lost(self, position: "_Position") -> bool:
        """Whether the log is no longer the one in which `position` was reached; then it goes on under a new epoch."""
        last = position.last
        if last == BEGINNING or position.forgotten:
            return False
        top = await self.top()
        altered = await self._altered(position)
        if top >= last and not altered:
            return False
        # With our id on another content the top may be as far as ours: to claim one more forces the new epoch.
        self._newest = max(self._newest, StreamPosition(top.epoch, top.n + 1) if altered else last)
        _, _, epoch = await self._call(EventIdentity(""), b"", "")
        await self._restore_identities(epoch)
        position.forgotten = True
        return True

    async def _altered(self, position: "_Position") -> bool:
        at = str(position.last)
        rows: list[Any] | None = await self._client.xrange(LOG_KEY, min=at, max=at)
        return bool(rows and position.fields is not None and rows[0][1] != position.fields)

    async def _append_in_epoch(self, identity: EventIdentity, payload: bytes, folds: str) -> tuple[bytes, int]:
        while True:
            id_, count, epoch = await self._call(identity, payload, folds)
            if id_ != b"wait":
                self._wrote_epoch = epoch
                return id_, count
            await self._restore_identities(epoch)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _restore_identities(self, epoch: int) -> None:
        """Once in an epoch: of what was logged before it, whoever did so."""
        if epoch != self._restored_epoch:
            for names, arguments in self._recent.batches():
                await self._restore(keys=[LOG_SEEN_PREFIX + name for name in names], args=arguments)
            self._restored_epoch = epoch

    async def _call(self, identity: EventIdentity, payload: bytes, folds: str) -> tuple[bytes, int, int]:
        seen_key = LOG_SEEN_PREFIX + identity.name
        keys = (LOG_KEY, LOG_EPOCH_KEY, seen_key, LOG_FOLD_PREFIX + folds, LOG_STORM_KEY, LOG_FOLDED_KEY, LOG_NEW_KEY)
        top, window = self._newest, int(WINDOW_SECONDS)
        bounds = (SEEN_SECONDS, MAX_ENTRIES, top.epoch, top.n, window if folds else 0, MOST_ERRORS)
        identity_fields = (
            identity.occurrence,
            window,
            int(MOMENT_SECONDS * 1000),
            identity.transition,
            identity.transition_at,
        )
        arguments = (payload, *bounds, *identity_fields, self._wrote_epoch, self._remembering_ms)
        id_, count, epoch = await self._append(keys=keys, args=arguments)
        return id_, count, epoch


class _Position:
    """How far a tail has come, and what it saw there."""

    def __init__(self, last: StreamPosition) -> None:
        self.last = last
        self.fields: object = None
        self.forgotten = False
        """The log was lost and the loss is told: the new epoch is no news."""

    def step(self, id_: StreamPosition, fields: dict[bytes, bytes]) -> Iterator[LogEntry | TailGap]:
        reported, self.forgotten = self.forgotten, False
        missed = _distance(self.last, id_)
        self.last, self.fields = id_, fields
        if missed is None and not (reported and id_.n == 0):
            yield TailGap(None)
        elif missed is not None and missed > 1:
            yield TailGap(missed - 1)
        entry = unpack(id_, fields)
        if entry is not None:
            yield entry


def _distance(after: StreamPosition, upto: StreamPosition) -> int | None:
    """Entries in (after, upto]; None where the two are of different epochs."""
    if after == BEGINNING:
        return 0 if upto == BEGINNING else upto.n + 1
    return upto.n - after.n if after.epoch == upto.epoch else None


async def _read(client: Redis, after: StreamPosition) -> list[tuple[StreamPosition, dict[bytes, bytes]]]:
    async with asyncio.timeout(SILENCE_SECONDS):
        streams: Any = await client.xread({LOG_KEY: str(after)}, count=BATCH, block=BLOCK_MS)
    return [(_id(id_), fields) for id_, fields in streams[0][1]] if streams else []


def _id(raw: Any) -> StreamPosition:
    position = StreamPosition.parse(raw.decode())
    if position is None:
        raise RedisError("stream id out of bounds")
    return position
