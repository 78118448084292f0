"""Entries of the log: their ids, and their canonical, versioned JSON."""

import re
from typing import NamedTuple

import msgspec

from app.wire.events import PatternDetected

_ID = re.compile(r"([0-9]{1,16})-([0-9]{1,16})")


class LogId(NamedTuple):
    """`n` counts from 0 without holes within an epoch; later epochs are greater."""

    epoch: int
    n: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.n}"

    @classmethod
    def parse(cls, text: str) -> "LogId | None":
        """None for whatever else a cursor may hold."""
        found = _ID.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None


BEGINNING = LogId(0, 0)
"""Before the first entry: the top of a log that is empty."""


class Entry(NamedTuple):
    id: LogId
    event: PatternDetected


class _Packed(msgspec.Struct, frozen=True, tag="pattern", tag_field="kind"):
    event: PatternDetected
    v: int = 1


def pack(event: PatternDetected) -> bytes:
    return msgspec.json.encode(_Packed(event))


def unpack(id_: LogId, fields: dict[bytes, bytes]) -> Entry | None:
    """None for an entry that is not ours or of a version to come."""
    try:
        packed = msgspec.json.decode(fields.get(b"e", b""), type=_Packed)
    except (ValueError, RecursionError):
        return None
    return Entry(id_, packed.event) if packed.v == 1 else None
