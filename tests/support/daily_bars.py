"""Ticks into the daily bars of their symbols, sorted."""

from collections.abc import Iterable

from app.finance.bars import Bar
from app.finance.session_days import SessionDays
from app.finance.trades import Trade


def daily(ticks: Iterable[Trade]) -> list[Bar]:
    days = SessionDays()
    for tick in ticks:
        days.add(tick)
    return sorted(bar for day in days.all() if (bar := day.bar))
