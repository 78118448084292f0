"""Reads the feed's ticks from their Redis Stream, and stores the offset at which a restart continues."""

from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from app.wire.channels import TICKS_KEY, TICKS_NUMBER_KEY, TICKS_STORED_KEY
from app.wire.client import reachable

BEGINNING = "0-0"
ENTRIES = 16
"""At once: some thousand ticks."""
BLOCK_MILLISECONDS = 1000


class ReadForbidden(Exception):
    """This user may not read the stream."""


class TickEntry(NamedTuple):
    id: str
    number: int
    """Counts up without holes; 1 is the first that a feed ever wrote into this Redis."""
    payload: bytes

    @property
    def written_at(self) -> float:
        """UTC epoch seconds by the clock of Redis."""
        return int(self.id.partition("-")[0]) / 1000


class MinuteOffset(NamedTuple):
    minute: float
    """Of this minute and of later ones all ticks come after the entry; market time, UTC epoch seconds."""
    id: str
    """Of the entry."""
    number: int


class Checkpoint(NamedTuple):
    """From where a restart reads again."""

    stored_until: float
    """Minutes that begin before this market time are stored, and what was found in them is published."""
    marks: tuple[MinuteOffset, ...]
    """Oldest first: the last one is enough for minutes that are not stored, from earlier ones on those that are can
    still be mended."""


class TickReader:
    """Raises wire.RedisUnavailable when Redis is away, and ReadForbidden where it does not let us read."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def read(self, after: str, milliseconds: int = BLOCK_MILLISECONDS, most: int = ENTRIES) -> list[TickEntry]:
        """The next entries, in order; none when none came in time."""
        with reachable():
            try:
                streams: Any = await self._client.xread({TICKS_KEY: after}, most, milliseconds)
            except NoPermissionError as error:
                raise ReadForbidden(str(error)) from error
        return [entry for _, entries in streams for name, fields in entries if (entry := _entry(name, fields))]

    async def newest_number(self) -> int:
        """Of all entries that were ever written; 0 when there are none."""
        with reachable():
            try:
                number = await self._client.get(TICKS_NUMBER_KEY)
            except NoPermissionError as error:
                raise ReadForbidden(str(error)) from error
        return int(number) if number and number.isdigit() else 0

    async def checkpoint(self) -> Checkpoint | None:
        with reachable():
            try:
                value = await self._client.get(TICKS_STORED_KEY)
            except NoPermissionError as error:
                raise ReadForbidden(str(error)) from error
        try:
            place = msgspec.json.decode(value, type=Checkpoint) if value else None
        except msgspec.MsgspecError:
            return None
        return place if place and place.marks else None

    async def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        with reachable():
            await self._client.set(TICKS_STORED_KEY, msgspec.json.encode(checkpoint))


def _entry(name: bytes, fields: dict[bytes, bytes]) -> TickEntry | None:
    number, payload = fields.get(b"number", b""), fields.get(b"ticks")
    return TickEntry(name.decode(), int(number), payload) if number.isdigit() and payload is not None else None
