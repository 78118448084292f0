"""Timeframes that can be loaded: their table, key column and provider timespan."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from app.finance.periods import first_day


class LoadTimeframe(NamedTuple):
    """`key` is the column beside the symbol; a date, or an instant in UTC."""

    name: str
    table: str
    key: str
    dated: bool
    span: str
    """As providers call it."""


LOAD_TIMEFRAMES: Mapping[str, LoadTimeframe] = {
    "1min": LoadTimeframe("1min", "ohlcv_1min", "timestamp", False, "minute"),
    "hourly": LoadTimeframe("hourly", "ohlcv_hourly", "timestamp", False, "hour"),
    "daily": LoadTimeframe("daily", "ohlcv_daily", "date", True, "day"),
    "weekly": LoadTimeframe("weekly", "ohlcv_weekly", "week_start", True, "week"),
    "monthly": LoadTimeframe("monthly", "ohlcv_monthly", "month_start", True, "month"),
}

TIMEFRAME_BY_SPAN: Mapping[str, LoadTimeframe] = {frame.span: frame for frame in LOAD_TIMEFRAMES.values()}


def period(frame: LoadTimeframe, day: date) -> date:
    """The day that stands for the bar: weeks go by their Monday, months by their first."""
    return first_day(frame.name, day)
