"""Entries of the log: their ids, and their canonical, versioned JSON."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from app.wire.events.event import LoggedEvent, PatternDetected

VERSION = 2

_ID = re.compile(r"([0-9]{1,16})-([0-9]{1,16})")


class StreamPosition(NamedTuple):
    """`n` counts from 0 without holes within an epoch; later epochs are greater."""

    epoch: int
    n: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.n}"

    @classmethod
    def parse(cls, text: str) -> "StreamPosition | None":
        """None for whatever else a cursor may hold."""
        match = _ID.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None


BEGINNING = StreamPosition(0, 0)
"""Before the first entry: the top of a log that is empty."""


class LogEntry(NamedTuple):
    id: StreamPosition
    event: LoggedEvent
    folded: int = 0
    """How many errors like this one were left out since the last that is in the log."""


class _Packed(msgspec.Struct, frozen=True):
    event: msgspec.Raw
    v: int


def pack(event: LoggedEvent) -> bytes:
    return msgspec.json.encode(_Packed(msgspec.Raw(msgspec.json.encode(event)), VERSION))


def unpack(id_: StreamPosition, fields: Mapping[bytes, bytes]) -> LogEntry | None:
    """None for an entry that is not ours or of a version to come."""
    try:
        packed = _packed.decode(fields.get(b"e", b""))
        read = _READERS.get(packed.v)
        return LogEntry(id_, read.decode(packed.event), int(fields.get(b"folded", b"0"))) if read else None
    except (ValueError, RecursionError):
        return None


_packed = msgspec.json.Decoder(_Packed)
_READERS: Mapping[int, msgspec.json.Decoder[LoggedEvent]] = {
    1: msgspec.json.Decoder(PatternDetected),
    VERSION: msgspec.json.Decoder(LoggedEvent),
}
"""The first version held detections alone, and did not say what they are."""
