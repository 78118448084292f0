"""The Source protocol: an identity, and the same chunks of rows at every reading."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from app.engine.loads.sources.checker import RejectedRow, Rows

CHUNK = 20_000
"""Rows that are stored together, in one transaction."""


class Unreadable(Exception):
    """One line for people: why nothing can be loaded from here."""


class Chunk(NamedTuple):
    rows: Rows
    rejections: list[RejectedRow]
    """What was no row at all."""
    reached: int
    """Rows of the source up to here, good or bad."""
    share: float
    """Of the whole source, 0 to 1."""


class Source(Protocol):
    @property
    def name(self) -> str: ...
    def identity(self) -> str:
        """Of what is inside: a file under another name is the same, one that was changed is another."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """Raises Unreadable."""
        ...
