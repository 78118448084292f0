"""Where bars are read from: something with an identity that gives the same chunks of rows each time."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from app.engine.loads.rows import Refusal, Rows

CHUNK = 20_000
"""Rows that are stored together, in one transaction."""

ALIASES = {
    "symbol": ("symbol", "ticker", "sym", "code"),
    "moment": ("date", "timestamp", "time", "datetime", "t", "day", "window_start"),
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price"),
    "low": ("low", "l", "low_price"),
    "close": ("close", "c", "close_price"),
    "volume": ("volume", "v", "vol"),
}


class Unreadable(Exception):
    """One line for people: why nothing can be loaded from here."""


class Chunk(NamedTuple):
    rows: Rows
    refused: list[Refusal]
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


class Places(NamedTuple):
    """Which column of a source holds what; `symbol` None where none does and one symbol is meant."""

    symbol: int | None
    moment: int
    numbers: tuple[int, int, int, int, int]
    """open, high, low, close, volume"""


def placed(header: list[str], symbol: str | None, where: str) -> Places:
    """Raises Unreadable where a column is missing."""
    names = [name.strip().strip('"').lower().replace(" ", "_") for name in header]
    found = {field: _place(names, aliases) for field, aliases in ALIASES.items()}
    lacking = [field for field, at in found.items() if at is None and not (field == "symbol" and symbol)]
    if lacking:
        wanted = ", ".join("date" if field == "moment" else field for field in lacking)
        raise Unreadable(f"{where}: no column for {wanted}; its first line says {', '.join(header)[:200]!r}")
    numbers = (found["open"], found["high"], found["low"], found["close"], found["volume"])
    known = tuple(at for at in numbers if at is not None)
    assert len(known) == 5
    assert found["moment"] is not None
    return Places(None if symbol else found["symbol"], found["moment"], known)


def _place(names: list[str], aliases: tuple[str, ...]) -> int | None:
    return next((names.index(alias) for alias in aliases if alias in names), None)
