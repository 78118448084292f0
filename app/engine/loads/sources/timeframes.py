"""Timeframes that can be loaded: their table, key column and provider timespan."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from app.finance.periods import first_day


class LoadTimeframe(NamedTuple):
    """`key`: the column of the bar's time; a date if `dated`, else an instant in UTC."""

    name: str
    table: str
    key: str
    dated: bool
    span: str
    """The provider's timespan."""


LOAD_TIMEFRAMES: Mapping[str, LoadTimeframe] = {
    "1min": LoadTimeframe("1min", "ohlcv_1min", "timestamp", False, "minute"),
    "hourly": LoadTimeframe("hourly", "ohlcv_hourly", "timestamp", False, "hour"),
    "daily": LoadTimeframe("daily", "ohlcv_daily", "date", True, "day"),
    "weekly": LoadTimeframe("weekly", "ohlcv_weekly", "week_start", True, "week"),
    "monthly": LoadTimeframe("monthly", "ohlcv_monthly", "month_start", True, "month"),
}

TIMEFRAME_BY_SPAN: Mapping[str, LoadTimeframe] = {frame.span: frame for frame in LOAD_TIMEFRAMES.values()}


def period(frame: LoadTimeframe, day: date) -> date:
    """The key of the bar of that day: the Monday of a week, the first of a month."""
    return first_day(frame.name, day)
