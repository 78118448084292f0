"""Entries of the log: their ids, and their canonical, versioned JSON."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from app.wire.events import LOGGED, AnyEvent, PatternDetected

VERSION = 1

_ID = re.compile(r"([0-9]{1,16})-([0-9]{1,16})")
_KINDS: Mapping[str, type] = {kind.__name__: kind for kind in LOGGED} | {"pattern": PatternDetected}
"""By the tag that an entry carries; the last is what detections were called first."""

_PASSING = {"running", "progress"}


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
    event: AnyEvent
    folded: int = 0
    """How many errors like this one were left out since the last that is in the log."""


class _Packed(msgspec.Struct, frozen=True):
    kind: str
    event: msgspec.Raw
    v: int = VERSION


def enters(event: AnyEvent) -> bool:
    """Whether it belongs in the log: how far a run has come is state, that it began or ended is not."""
    return isinstance(event, LOGGED) and getattr(event, "status", "") not in _PASSING


def pack(event: AnyEvent) -> bytes:
    return msgspec.json.encode(_Packed(type(event).__name__, msgspec.Raw(msgspec.json.encode(event))))


def unpack(id_: LogId, fields: Mapping[bytes, bytes]) -> Entry | None:
    """None for an entry that is not ours or of a version to come."""
    try:
        packed = _packed.decode(fields.get(b"e", b""))
        kind = _KINDS.get(packed.kind)
        if kind is None or packed.v != VERSION:
            return None
        return Entry(id_, _decoder(kind).decode(packed.event), int(fields.get(b"folded", b"0")))
    except (ValueError, RecursionError):
        return None


_packed = msgspec.json.Decoder(_Packed)


@lru_cache(maxsize=64)
def _decoder(kind: type) -> msgspec.json.Decoder[AnyEvent]:
    return msgspec.json.Decoder(kind)
