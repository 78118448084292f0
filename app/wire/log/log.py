"""The log: what counts once and in order, in one capped Redis Stream that every web process appends to and tails."""

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
from app.wire.client import Unavailable, close, connect_blocking, reachable
from app.wire.events.event import LoggedEvent
from app.wire.log.entries import BEGINNING, Entry, StreamPosition, pack, unpack
from app.wire.log.event_identity import WINDOW_SECONDS, Identities, Identity, fingerprint
from app.wire.log.remembered import Remembered
from app.wire.pubsub.connection import heed_cancellation
from app.wire.pubsub.join_order import WAIT_SECONDS
from app.wire.pubsub.outage import Outage

__all__ = ["BEGINNING", "Entry", "Gap", "Log", "Lost", "StreamPosition"]

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


class Gap(NamedTuple):
    """The log no longer reaches back to there; `missed` entries, or nobody knows how many."""

    missed: int | None


class Lost(NamedTuple):
    """In a tail: between the entry before and the one after, entries are missing."""

    missed: int | None


class Log:
    def __init__(self, client: Redis, blocking_url: str, remembering_seconds: float = REMEMBERING_SECONDS) -> None:
        self._client = client
        self._blocking_url = blocking_url
        self._append = client.register_script(_APPEND)
        self._commit = client.register_script(_COMMIT)
        self._remember = client.register_script(_REMEMBER)
        self._remembering_ms = int(remembering_seconds * 1000)
        self._identities = Identities()
        self._remembered = Remembered(SEEN_SECONDS)
        self._known = BEGINNING
        self._wrote_epoch = self._reminded_epoch = 0

    async def append_once(self, event: LoggedEvent) -> StreamPosition | None:
        """None when the event is in the log already, whoever put it there, or is an error like one that is."""
        identity = self._identities.of(event)
        try:
            with reachable():
                id_, count = await self._enter(identity, pack(event), fingerprint(event))
        except Unavailable:
            self._identities.counted(identity, identity.occurrence - 1)
            raise
        self._identities.counted(identity, count)
        self._remembered.note(identity._replace(occurrence=count))
        if not id_:
            return None
        appended = _id(id_)
        self._known = max(self._known, appended)
        return appended

    async def top(self) -> StreamPosition:
        with reachable():
            newest: list[Any] | None = await self._client.xrevrange(LOG_KEY, count=1)
        return _id(newest[0][0]) if newest else BEGINNING

    async def folded(self) -> int:
        """Errors like others that were counted with them instead of logged, by all processes, since Redis has data."""
        with reachable():
            found = await self._client.get(LOG_FOLDED_KEY)
        return int(found) if isinstance(found, bytes) and found.isdigit() else 0

    async def since(self, after: StreamPosition, upto: StreamPosition) -> tuple[Entry, ...] | Gap:
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

    async def _ahead(self, after: StreamPosition, upto: StreamPosition) -> tuple[Entry, ...] | Gap:
        """This process may lag behind the reader; but the log itself may not."""
        return () if after == upto or after <= await self.top() else Gap(None)

    async def cursor(self, name: str) -> StreamPosition:
        """How far the consumer of this name has come; one that is not known begins at the top."""
        return (await self._cursor(name))[0]

    async def commit(self, name: str, done: StreamPosition) -> None:
        """Up to `done` nothing has to be done again. A cursor never goes back."""
        with reachable():
            await self._commit(keys=(LOG_CURSOR_PREFIX + name,), args=(str(done), done.epoch, done.n))

    async def tail(self, after: StreamPosition | str) -> AsyncGenerator[Entry | Lost, None]:
        """Every entry after `after`, for ever: waits out Redis being away, and says where entries are missing.

        `after` may be the name of a cursor: entries come again until they are committed. A cursor that is not there
        begins at the top with Lost(None), its first time ever too: where Redis lost its data it took the cursor and
        the log's epoch with it, and nothing is left that could tell the one from the other. That comes again, too,
        until an entry is committed.
        """
        start, unknown = await self._cursor(after) if isinstance(after, str) else (after, False)
        if unknown:
            yield Lost(None)
        position = _Position(start)
        self._known = max(self._known, position.last)
        self._wrote_epoch = self._wrote_epoch or position.last.epoch
        backoff, outage = Backoff(), Outage(logger, "the log")
        while True:
            client = connect_blocking(self._blocking_url)
            try:
                if await self._forgot(position):
                    yield Lost(None)
                while True:
                    heed_cancellation()
                    batch = await _read(client, position.last)
                    backoff.succeeded()
                    outage.back()
                    for id_, fields in batch:
                        self._known = max(self._known, id_)
                        await self._remind(id_.epoch)
                        for found in position.step(id_, fields):
                            yield found
            except (RedisError, OSError, TimeoutError, Unavailable) as error:
                outage.away(type(error).__name__)
            finally:
                await close(client)
            heed_cancellation()
            await backoff.wait()

    async def _cursor(self, name: str) -> tuple[StreamPosition, bool]:
        """And whether nobody knows what its consumer missed."""
        key = LOG_CURSOR_PREFIX + name
        with reachable():
            await self._client.set(key, _UNKNOWN + str(await self.top()), nx=True)
            found = await self._client.get(key)
        text = found.decode("ascii", "replace") if isinstance(found, bytes) else ""
        known = StreamPosition.parse(text)
        return known or StreamPosition.parse(text.removeprefix(_UNKNOWN)) or BEGINNING, known is None

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
        self._known = max(self._known, StreamPosition(top.epoch, top.n + 1) if altered else last)
        _, _, epoch = await self._call(Identity(""), b"", "")
        await self._remind(epoch)
        position.forgotten = True
        return True

    async def _altered(self, position: "_Position") -> bool:
        at = str(position.last)
        found: list[Any] | None = await self._client.xrange(LOG_KEY, min=at, max=at)
        return bool(found and position.fields is not None and found[0][1] != position.fields)

    async def _enter(self, identity: Identity, payload: bytes, folds: str) -> tuple[bytes, int]:
        while True:
            id_, count, epoch = await self._call(identity, payload, folds)
            if id_ != b"wait":
                self._wrote_epoch = epoch
                return id_, count
            await self._remind(epoch)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _remind(self, epoch: int) -> None:
        """Once in an epoch: of what was logged before it, whoever did so."""
        if epoch != self._reminded_epoch:
            for names, said in self._remembered.batches():
                await self._remember(keys=[LOG_SEEN_PREFIX + name for name in names], args=said)
            self._reminded_epoch = epoch

    async def _call(self, identity: Identity, payload: bytes, folds: str) -> tuple[bytes, int, int]:
        seen = LOG_SEEN_PREFIX + identity.name
        keys = (LOG_KEY, LOG_EPOCH_KEY, seen, LOG_FOLD_PREFIX + folds, LOG_STORM_KEY, LOG_FOLDED_KEY, LOG_NEW_KEY)
        known, window = self._known, int(WINDOW_SECONDS)
        bounds = (SEEN_SECONDS, MAX_ENTRIES, known.epoch, known.n, window if folds else 0, MOST_ERRORS)
        said = (identity.occurrence, window, int(MOMENT_SECONDS * 1000), identity.did, identity.did_at)
        arguments = (payload, *bounds, *said, self._wrote_epoch, self._remembering_ms)
        id_, count, epoch = await self._append(keys=keys, args=arguments)
        return id_, count, epoch


class _Position:
    """How far a tail has come, and what it saw there."""

    def __init__(self, last: StreamPosition) -> None:
        self.last = last
        self.fields: object = None
        self.forgotten = False
        """The log was lost and the loss is told: the new epoch is no news."""

    def step(self, id_: StreamPosition, fields: dict[bytes, bytes]) -> Iterator[Entry | Lost]:
        told, self.forgotten = self.forgotten, False
        missed = _distance(self.last, id_)
        self.last, self.fields = id_, fields
        if missed is None and not (told and id_.n == 0):
            yield Lost(None)
        elif missed is not None and missed > 1:
            yield Lost(missed - 1)
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
        found: Any = await client.xread({LOG_KEY: str(after)}, count=BATCH, block=BLOCK_MS)
    return [(_id(id_), fields) for id_, fields in found[0][1]] if found else []


def _id(raw: Any) -> StreamPosition:
    found = StreamPosition.parse(raw.decode())
    if found is None:
        raise RedisError("stream id out of bounds")
    return found
