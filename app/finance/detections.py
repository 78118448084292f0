"""Patterns as they were detected, and for how long they are valid."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from app.finance import periods
from app.finance.bars import DAY, Timeframe

Tier = Literal["daily", "intraday", "combo"]
TIERS: tuple[Tier, ...] = get_args(Tier)

HOUR = 3600.0
LIFE: Mapping[str, float] = {
    "1min": HOUR, "5min": 4 * HOUR, "15min": DAY, "30min": 2 * DAY, "hourly": 3 * DAY,
    "daily": 5 * DAY, "weekly": 28 * DAY, "monthly": 90 * DAY, "combo": HOUR,
}  # fmt: skip
"""Seconds that a pattern or an indicator value is valid after its bar, by timeframe."""


class DetectedPattern(NamedTuple):
    symbol: str
    pattern: str
    timeframe: str
    at: float
    """End of its bar, UTC epoch seconds."""
    confidence: float
    direction: str


def tier(timeframe: str) -> Tier:
    """ "daily" for patterns of days and longer, "intraday" for shorter ones, "combo" for both."""
    if timeframe == "combo":
        return "combo"
    return "intraday" if timeframe in (*periods.SECONDS, "intraday") else "daily"


def bars_of_age(timeframe: str) -> Timeframe:
    """Whose bars count the age of a detection: its own timeframe's, of a combination those of a minute."""
    return next((own for own in periods.TIMEFRAMES if own == timeframe), "1min")
