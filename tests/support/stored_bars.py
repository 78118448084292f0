"""Writes rows as the engine leaves them, for tests that read them back."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

import asyncpg

from app.finance.bars import Bar


class PatternRow(NamedTuple):
    symbol: str
    pattern: str
    at: float
    direction: str = "bullish"
    confidence: float | None = 0.8


async def store_bars(url: str, bars: Iterable[Bar]) -> None:
    rows = [(bar.symbol, bar.day, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
    await _insert(url, "ohlcv_daily", ("symbol", "date", "open", "high", "low", "close", "volume"), rows)


async def store_minutes(url: str, symbol: str, closes: dict[float, float]) -> None:
    rows = [(symbol, datetime.fromtimestamp(at, UTC), price, price, price, price, 10) for at, price in closes.items()]
    await _insert(url, "ohlcv_1min", ("symbol", "timestamp", "open", "high", "low", "close", "volume"), rows)


async def store_splits(url: str, splits: Iterable[tuple[str, date, int]]) -> None:
    await _insert(url, "splits", ("symbol", "ex_date", "ratio"), list(splits))


async def store_dividends(url: str, dividends: Iterable[tuple[str, date, str, float, str | None]]) -> None:
    """Stores rows of symbol, ex-date, kind, amount and currency."""
    await _insert(url, "dividends", ("symbol", "ex_date", "kind", "amount", "currency"), list(dividends))


async def store_symbols(url: str, names: dict[str, str]) -> None:
    rows = [(symbol, name, "XNYS", "usd", True) for symbol, name in names.items()]
    await _insert(url, "symbols", ("symbol", "name", "exchange", "currency_name", "active"), rows)


async def store_patterns(url: str, timeframe: str, patterns: Iterable[PatternRow]) -> None:
    table = "daily_patterns" if timeframe == "daily" else "intraday_patterns"
    columns = ("symbol", "pattern_type", "confidence", "pattern_data", "detection_timestamp", "timeframe")
    rows = [
        (
            each.symbol,
            each.pattern,
            each.confidence,
            f'{{"direction": "{each.direction}"}}',
            datetime.fromtimestamp(each.at, UTC),
            timeframe,
        )
        for each in patterns
    ]
    await _insert(url, table, columns, rows)


async def _insert(url: str, table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    link = await asyncpg.connect(url)
    try:
        holes = ", ".join(f"${n + 1}" for n in range(len(columns)))
        await link.executemany(f"insert into {table} ({', '.join(columns)}) values ({holes})", rows)
    finally:
        await link.close()
