"""The tables that a scan reads, as SQL that may stand behind `from`."""

from collections.abc import Mapping
from typing import NamedTuple


class ScanTables(NamedTuple):
    """As MarketShape describes them; None where the database lacks one."""

    latest: str
    instruments: str | None = None
    universes: str | None = None
    patterns: tuple[str, ...] | None = ()
    """None where detections are in another database."""
    confidence: str = "confidence"
    """Of a row of `patterns`, 0 to 1."""
    direction: str = "direction"
    """Of a row of `patterns`: bullish, bearish or neutral."""
    bars: Mapping[str, str | None] = {}
    """Stored bars by timeframe."""
    splits: str | None = None
    """symbol text, day date, ratio float8: shares after for one before."""
