"""A stored market of many symbols: names, two days of bars and a quote each, a long history, and patterns."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import asyncpg

from app.finance.quote import NewestQuote
from app.finance.sessions import regular

NEWEST = date(2012, 8, 31)
LONG = 5_000
"""Days of the first symbol."""


def symbol(number: int) -> str:
    """A symbol of four letters; neighbours differ early, and each third symbol is as long as a currency pair."""
    number = number * 10_007 % 26**4
    word = "".join(chr(ord("A") + number // 26**place % 26) for place in range(4))
    return word if number % 3 else f"X:{word}-{word[::-1]}.USD"


def quotes(count: int) -> Iterator[NewestQuote]:
    """Quotes as the feed stores them after the close of the newest day."""
    closes = regular(NEWEST).closes
    for number in range(count):
        price = 11.0 + number % 90
        yield NewestQuote(symbol(number), price, closes, NEWEST.isoformat(), price, price, price, 1000)


async def store(url: str, count: int) -> None:
    link = await asyncpg.connect(url)
    try:
        symbols = [symbol(number) for number in range(count)]
        rows = [(each, f"The {each} Holding Company of Ohio", "XNYS", "usd", True) for each in symbols]
        await link.copy_records_to_table(
            "symbols", records=rows, columns=("symbol", "name", "exchange", "currency_name", "active")
        )
        columns = ("symbol", "date", "open", "high", "low", "close", "volume")
        await link.copy_records_to_table("ohlcv_daily", records=_bars(symbols), columns=columns)
        await link.copy_records_to_table(
            "daily_patterns",
            records=[
                (each, "Hammer", 0.8, '{"direction": "bullish"}', datetime(2012, 8, 31, 20, tzinfo=UTC), "daily")
                for each in symbols[:1000]
            ],
            columns=("symbol", "pattern_type", "confidence", "pattern_data", "detection_timestamp", "timeframe"),
        )
        await link.execute("analyze")
    finally:
        await link.close()


def _bars(symbols: list[str]) -> Iterator[tuple[object, ...]]:
    for number, each in enumerate(symbols):
        for back in range(LONG if number == 0 else 2):
            low = 10 + (number + back) % 90
            yield each, NEWEST - timedelta(days=back), low + 0.5, low + 2, low, low + 1, 1000
