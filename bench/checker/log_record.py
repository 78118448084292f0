"""The record to verify against: what was published, and the log as read from Redis itself."""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.wire.channels import LOG_KEY
from app.wire.events.event import PatternDetected
from app.wire.log.entries import BEGINNING, StreamPosition, unpack
from bench.checker.page_events import number_of


class Publication(NamedTuple):
    at: float
    """Monotonic seconds, when it was in the database and Redis was told."""
    subscribers: int | None
    """By how many; None when Redis did not answer."""


class LogRecord:
    """The log in order; None in place of the number of an entry that the feed does not show."""

    def __init__(self, entries: Iterable[tuple[StreamPosition, int | None]] = ()) -> None:
        self.published: dict[int, Publication] = {}
        self.ids: list[StreamPosition] = []
        self.numbers: list[int | None] = []
        self.places: defaultdict[int, list[int]] = defaultdict(list)
        for id_, number in entries:
            self.note(id_, number)

    def note(self, id_: StreamPosition, number: int | None) -> None:
        if self.ids and id_ <= self.ids[-1]:
            return
        if number is not None:
            self.places[number].append(len(self.ids))
        self.ids.append(id_)
        self.numbers.append(number)

    @property
    def top(self) -> StreamPosition:
        return self.ids[-1] if self.ids else BEGINNING

    def before(self, id_: StreamPosition) -> int:
        """The number of entries up to and including `id_`."""
        return bisect_right(self.ids, id_)

    def contains(self, id_: StreamPosition) -> bool:
        place = self.before(id_)
        return id_ == BEGINNING or (place > 0 and self.ids[place - 1] == id_)

    def may_be_lost(self, id_: StreamPosition) -> bool:
        """Whether the entry may have been in the part of a lost log that was not read."""
        return id_.epoch < self.top.epoch and self.ids[self.before(StreamPosition(id_.epoch + 1, -1)) - 1] < id_

    def after(self, id_: StreamPosition, upto: StreamPosition) -> list[int | None]:
        """The numbers of the entries in (id_, upto]."""
        return self.numbers[self.before(id_) : self.before(upto)]

    def logged_twice(self) -> list[int]:
        """Entries that are in one epoch of the log twice."""
        return [
            number
            for number, places in self.places.items()
            if len({self.ids[place].epoch for place in places}) < len(places)
        ]


class LogReader:
    """Tails the log on a connection of its own, unaffected by faults of the web processes."""

    def __init__(self, redis: Redis, record: LogRecord) -> None:
        self._redis = redis
        self.record = record
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        while True:
            try:
                async with self._lock:
                    await self._read()
            except (RedisError, OSError):
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.05)

    async def wipe(self) -> None:
        """Deletes everything in Redis, after reading the log."""
        async with self._lock, self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xrange(LOG_KEY, min=f"({self.record.top}")
            pipeline.flushall()
            entries, _ = await pipeline.execute()
            self._note(entries)

    async def _read(self) -> None:
        self._note(await self._redis.xrange(LOG_KEY, min=f"({self.record.top}") or [])

    def _note(self, entries: Iterable[Any]) -> None:
        for raw, fields in entries:
            id_ = StreamPosition.parse(raw.decode())
            assert id_
            entry = unpack(id_, fields)
            shows = entry is not None and isinstance(entry.event, PatternDetected)
            self.record.note(id_, number_of(entry.event.at) if entry and shows else None)
