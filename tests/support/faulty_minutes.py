"""Faulty minutes of a few symbols around a half-day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import asyncpg

from app.finance import calendar, sessions

FIRST, LAST = date(2012, 10, 31), date(2012, 11, 27)
"""With the end of summer time and a session of half a day."""
SYMBOLS = ("A", "BRK.B", "X:BTCUSD")
DAYS = list(calendar.sessions(FIRST, LAST))

Row = tuple[str, datetime, float, float, float, float, int]


def odd() -> Iterator[Row]:
    for each, symbol in enumerate(SYMBOLS):
        for number, day in enumerate(DAYS[each:]):
            session = sessions.regular(day)
            if (number + each) % 7 == 3:
                continue
            begins = [session.opens - 1800, *session.minutes, session.closes, session.closes + 60]
            for minute, at in enumerate(begins):
                if (minute * 7 + number * 13 + each) % 97:
                    yield row(symbol, at, minute, number)
        yield row(symbol, sessions.regular(DAYS[3]).opens + 30, 1, 1)
        yield row(symbol, sessions.regular(DAYS[-1]).opens + 86_400 * 400, 1, 1)


def row(symbol: str, at: float, minute: int, number: int) -> Row:
    moment = datetime.fromtimestamp(at, UTC)
    if number == 5:
        return symbol, moment, 10, 12, 9, 11, 0
    if number == 8 and minute == 200:
        return symbol, moment, 10, 9, 9, 11, 100
    if number == 9 and minute == 17:
        return symbol, moment, 0, 12, 0, 11, 100
    return symbol, moment, 10, 12, 9, 11, minute % 3


async def store(link: asyncpg.Connection) -> None:
    await link.copy_records_to_table("ohlcv_1min", records=list(odd()))
