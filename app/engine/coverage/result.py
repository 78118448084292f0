"""The coverage of a timeframe: stored, missing and suspicious bars by symbol."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from app.finance.bars import Timeframe

Fault = Literal["no_price", "crossed", "no_volume", "jump", "repeated", "closed"]
"""A price that is missing or not above zero; a high or low that does not hold the others; nothing traded; a change
no split explains; the bar before once more; a bar of a day on which the exchange was closed."""


class CoverageQuery(NamedTuple):
    """None: from the oldest bar on, to the newest there is, of every symbol."""

    timeframe: Timeframe = "daily"
    since: date | None = None
    until: date | None = None
    symbols: tuple[str, ...] | None = None


class Extent(NamedTuple):
    """`expected`: how many bars there should be, from listing or the first bar on."""

    symbol: str
    first: date | None
    last: date | None
    bars: int
    expected: int


class Missing(NamedTuple):
    """Of consecutive periods, both ends included: the days they begin with."""

    symbol: str
    first: date
    last: date
    bars: int


class Suspect(NamedTuple):
    symbol: str
    day: date
    faults: tuple[Fault, ...]


class ExplainedJump(NamedTuple):
    """A jump that no split made, with what did."""

    symbol: str
    day: date
    reason: str


class Coverage(NamedTuple):
    """By symbol and time. Currencies and coins, which know no exchange's hours, are left out."""

    timeframe: Timeframe
    since: date | None
    until: date | None
    extents: list[Extent]
    missing: list[Missing]
    suspects: list[Suspect]
    explained: Sequence[ExplainedJump] = ()
    """Nothing to look at any more."""

    @property
    def whole(self) -> bool:
        return not self.missing and not self.suspects
