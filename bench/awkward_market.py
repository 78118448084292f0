"""Symbols whose names and figures are hard to lay out: long names, twelve-digit volumes, negative, tiny, missing."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from app.finance.bars import Bar, day_start
from app.wire.channels import Channels
from tests.support.desk_process import Desk
from tests.support.stored_bars import store_bars, store_symbols

LONG_NAME = "International Consolidated Precious Metals and Rare Earths Holding Company, Series A Preferred"
TICKS = Channels().ticks
DAYS = 300


class AwkwardSymbol(NamedTuple):
    """`first` and `step`: of the closes. `days`: how many bars are stored."""

    symbol: str
    name: str
    first: float
    step: float
    volume: int
    days: int = DAYS


SYMBOLS = (
    AwkwardSymbol("LONGNAMED.PR/A", LONG_NAME, 7_654_321.99, -1_234.5, 1_000),
    AwkwardSymbol("VOLUME", "Twelve digits", 12.5, 0.01, 987_654_321_012),
    AwkwardSymbol("CL=F", "Crude oil below zero", 20.0, -0.2, 5_000),
    AwkwardSymbol("SUBCENT", "A millionth", 0.000_123, 0.000_000_1, 40_000),
    AwkwardSymbol("STILL", "Never moves", 10.0, 0.0, 0),
    AwkwardSymbol("FIRSTDAY", "One bar", 25.0, 0.0, 900, 1),
    AwkwardSymbol("NOBARS", "Nothing stored", 0.0, 0.0, 0, 0),
)


def bars_of(each: AwkwardSymbol, until: date) -> Iterator[Bar]:
    """Daily bars on working days up to `until`, oldest first."""
    days = [day for n in range(2 * each.days) if (day := until - timedelta(days=n)).weekday() < 5][: each.days]
    for n, day in enumerate(reversed(days)):
        close, reach = each.first + n * each.step, abs(each.step)
        start = day_start(day)
        yield Bar(each.symbol, "daily", start, close - each.step, close + reach, close - 2 * reach, close, each.volume)


def add_awkward_symbols(desk: Desk, now: float) -> None:
    """Stores them up to the day before the market's `now`, UTC epoch seconds, and publishes a tick of each."""
    today = datetime.fromtimestamp(now, UTC).date()
    asyncio.run(_store(desk.run_json()["engine_database_url"], today - timedelta(days=1)))
    redis = desk.redis()
    for each in SYMBOLS:
        if each.days:
            price = each.first + each.step * each.days
            trade = {"ticker": each.symbol, "price": price, "volume": each.volume, "timestamp": now}
            redis.publish(TICKS, json.dumps({**trade, "event_type": "T", "source": "screenshots"}))


async def _store(url: str, until: date) -> None:
    await store_symbols(url, {each.symbol: each.name for each in SYMBOLS})
    await store_bars(url, [bar for each in SYMBOLS for bar in bars_of(each, until)])
