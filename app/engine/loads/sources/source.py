"""The Source protocol: an identity, and the same chunks of rows at every reading."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from app.engine.loads.sources.checker import RejectedRow, Rows

CHUNK = 20_000
"""Rows that are stored in one transaction."""


class UnreadableSource(Exception):
    """Why a source cannot be loaded: one line for people."""


class Chunk(NamedTuple):
    rows: Rows
    rejections: list[RejectedRow]
    """Lines that could not be split into columns."""
    reached: int
    """Rows of the source until here, valid or not."""
    share: float
    """Of the whole source, 0 to 1."""


class Source(Protocol):
    @property
    def name(self) -> str: ...
    def identity(self) -> str:
        """Of the content: the same under another file name, another one after a change."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """Raises UnreadableSource."""
        ...
