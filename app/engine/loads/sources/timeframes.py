"""The timeframes that can be loaded, each with its table and how it tells time."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple


class Frame(NamedTuple):
    """`key` is the column beside the symbol; a date, or an instant in UTC."""

    name: str
    table: str
    key: str
    dated: bool
    span: str
    """As providers call it."""


FRAMES: Mapping[str, Frame] = {
    "1min": Frame("1min", "ohlcv_1min", "timestamp", False, "minute"),
    "hourly": Frame("hourly", "ohlcv_hourly", "timestamp", False, "hour"),
    "daily": Frame("daily", "ohlcv_daily", "date", True, "day"),
    "weekly": Frame("weekly", "ohlcv_weekly", "week_start", True, "week"),
    "monthly": Frame("monthly", "ohlcv_monthly", "month_start", True, "month"),
}

SPANS: Mapping[str, Frame] = {frame.span: frame for frame in FRAMES.values()}


def period(frame: Frame, day: date) -> date:
    """The day that stands for the bar: weeks go by their Monday, months by their first."""
    if frame.name == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if frame.name == "monthly" else day
