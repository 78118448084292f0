"""The coverage of a timeframe: stored, missing and suspicious bars by symbol."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from app.finance.bars import Timeframe

Fault = Literal["no_price", "crossed", "no_volume", "jump", "repeated", "closed"]
"""A price that is missing or not positive; a high or low inside open and close; no volume; a change that no split
explains; a repeated bar; a bar of a day without a session."""


class CoverageQuery(NamedTuple):
    """None: from the oldest bar, until the newest one, of every symbol."""

    timeframe: Timeframe = "daily"
    since: date | None = None
    until: date | None = None
    symbols: tuple[str, ...] | None = None


class Extent(NamedTuple):
    """`expected`: number of bars since listing or the first bar."""

    symbol: str
    first: date | None
    last: date | None
    bars: int
    expected: int


class Missing(NamedTuple):
    """Consecutive periods; `first` and `last` are the first days of the first and last one."""

    symbol: str
    first: date
    last: date
    bars: int


class Suspect(NamedTuple):
    symbol: str
    day: date
    faults: tuple[Fault, ...]


class ExplainedJump(NamedTuple):
    """A jump without a split, and its known reason."""

    symbol: str
    day: date
    reason: str


class Coverage(NamedTuple):
    """By symbol and time. Currencies and coins, which have no exchange hours, are left out."""

    timeframe: Timeframe
    since: date | None
    until: date | None
    extents: list[Extent]
    missing: list[Missing]
    suspects: list[Suspect]
    explained: Sequence[ExplainedJump] = ()
    """Jumps that need no repair."""

    @property
    def whole(self) -> bool:
        return not self.missing and not self.suspects
