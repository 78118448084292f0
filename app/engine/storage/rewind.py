"""Deletes what is stored of symbols from a day on, where their market begins again in the past."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from asyncpg import Connection

from app.finance import calendar

BARS = ("ohlcv_1min", "ohlcv_hourly")
DETECTIONS = ("daily_patterns", "intraday_patterns", "daily_intraday_patterns", "pattern_outcomes")
CONDITIONS = ("market_conditions", "sector_conditions", "universe_conditions")


async def newest_session(connection: Connection, symbol: str) -> date | None:
    """The newest daily bar of the symbol."""
    newest: date | None = await connection.fetchval("select max(date) from ohlcv_daily where symbol = $1", symbol)
    return newest


async def forget_from(connection: Connection, symbols: Sequence[str], day: date) -> None:
    """Also breadth of all symbols from that day on. Each statement is short: minutes are deleted by the day."""
    for table in BARS:
        # A session in progress has no daily bar. All symbols are traded in each session.
        newest = await connection.fetchval(f"select max(timestamp) from {table} where symbol = $1", symbols[0])  # noqa: S608
        until = newest.date() if newest else day
        for session in calendar.sessions(day, until):
            await connection.execute(
                f"delete from {table} where symbol = any($1::text[]) and timestamp >= $2 and timestamp < $3",  # noqa: S608
                symbols, _midnight(session), _midnight(session + calendar.DAY),
            )  # fmt: skip
    for table, key in (("daily", "date"), ("weekly", "week_start"), ("monthly", "month_start")):
        await connection.execute(
            f"delete from ohlcv_{table} where symbol = any($1::text[]) and {key} >= $2",  # noqa: S608
            symbols, day,
        )  # fmt: skip
    for table in DETECTIONS:
        await connection.execute(
            f"delete from {table} where symbol = any($1::text[]) and detection_timestamp >= $2",  # noqa: S608
            symbols, _midnight(day),
        )  # fmt: skip
    for table in ("daily_indicators", "intraday_indicators"):
        await connection.execute(
            f"delete from {table} where symbol = any($1::text[]) and calculation_timestamp >= $2",  # noqa: S608
            symbols, _midnight(day),
        )  # fmt: skip
    for table in CONDITIONS:
        await connection.execute(f"delete from {table} where timestamp >= $1", _midnight(day))  # noqa: S608
    await connection.execute("delete from latest where symbol = any($1::text[])", symbols)
    await connection.execute("delete from engine_marks where at >= $1", _midnight(day))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
