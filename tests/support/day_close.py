"""Closes a trading day and reads its tables."""

import random
from datetime import date
from decimal import Decimal

import asyncpg

from app.db.pools import Pool
from app.engine.eod.day_close import DayClose, Event
from app.finance import calendar

DAY = date(2012, 11, 23)
"""A half-day after a holiday, and the last of its week."""

SYMBOLS = [f"S{number}" for number in range(30)]

Row = tuple[str, date, Decimal, Decimal, Decimal, Decimal, int]


def random_rows(symbol: str, since: date, until: date) -> list[Row]:
    rng = random.Random(symbol)
    days = [day for day in calendar.sessions(since, until) if rng.random() > 0.1]
    rows = []
    for day in days:
        open_price, close = (Decimal(rng.randrange(1000, 2000)) / 100 for _ in range(2))
        high, low = max(open_price, close) + 1, min(open_price, close) - 1
        rows.append((symbol, day, open_price, high, low, close, rng.randrange(1, 10**6)))
    return rows


async def store(link: asyncpg.Connection, rows: list[Row]) -> None:
    await link.executemany(
        "insert into symbols (symbol) values ($1)", [(symbol,) for symbol in {row[0] for row in rows}]
    )
    await link.executemany("insert into ohlcv_daily values ($1, $2, $3, $4, $5, $6, $7)", rows)


async def close_day(pool: Pool, day: date, events: list[Event] | None = None) -> DayClose:
    close = DayClose(pool, (events if events is not None else []).append, day)
    await close.run()
    return close


async def tables(link: asyncpg.Connection) -> list[object]:
    return [
        await link.fetch(f"select symbol, open, high, low, close, volume, {key} from {table} order by symbol, {key}")
        for table, key in (("ohlcv_daily", "date"), ("ohlcv_weekly", "week_start"), ("ohlcv_monthly", "month_start"))
    ]


async def run_of(link: asyncpg.Connection, day: date) -> asyncpg.Record:
    (row,) = await link.fetch("select * from processing_runs where run_id = $1", f"eod-{day}")
    return row
