"""A session of a hundred symbols as the engine leaves it, and a list of them all."""

import random
import re

import asyncpg

from app.finance import calendar
from app.finance.bars import Bar, day_start
from app.rules.latest_columns import EVERY
from app.watchlists.changes import entries, lists
from app.watchlists.watchlist import NewEntry
from tests.support.full_board import CLOSES, DAY, full_quotes, names, points
from tests.support.latest_rows import latest_row, put_latest
from tests.support.stored_bars import PatternRow, store_bars, store_minutes, store_patterns, store_symbols

PATTERNS = ("ClosingMarubozuBullish", "BeltHoldBearish", "LongLeggedDoji", "ShootingStar", "Hammer", "MarubozuBullish")
DIRECTIONS = ("bullish", "bearish")
PRICES = re.compile("open|high|low|close|vwap|sma|ema|bb20(?!_)|bb20_(upper|lower)|(max|min)[0-9]")
AMOUNTS = re.compile("(avg20_)?(volume|money)")
LIST = "core"
OUTCOMES = """
insert into pattern_outcomes
  (symbol, pattern_type, timeframe, detection_timestamp, direction, price, return_1, return_5)
select 'AAPL', pattern, '5min',
       timestamptz '2012-01-03Z' + n * interval '1 day' + (direction = 'bullish')::int * interval '1 hour',
       direction, 50,
       0.01, sin(n + length(pattern)) / 40
  from unnest($1::text[]) as pattern, unnest($2::text[]) as direction, generate_series(1, 60) as n
"""


async def store_full_market(engine_url: str) -> None:
    """Whole sparklines, as many detections as the desk shows, and a value in every column of the scanner."""
    quotes, generator = full_quotes(), random.Random(7)
    await store_symbols(engine_url, names())
    for quote in quotes:
        await store_minutes(engine_url, quote.symbol, points(quote))
    eve = calendar.newest_session(DAY - calendar.DAY)
    closes = [(each.symbol, eve, each.previous_close or 1.0) for each in quotes]
    closes += [(each.symbol, DAY, each.price) for each in quotes]
    await store_bars(
        engine_url,
        [Bar(symbol, "daily", day_start(day), price, price, price, price, 1) for symbol, day, price in closes],
    )
    detections = [
        PatternRow(quote.symbol, PATTERNS[number % len(PATTERNS)], CLOSES - 300 * number, DIRECTIONS[number % 2])
        for number, quote in enumerate(quotes)
    ]
    await store_patterns(engine_url, "5min", detections)
    rows = [
        latest_row(each.symbol, {name: _value(name, each.price, generator) for name in EVERY} | {"close": each.price})
        for each in quotes
    ]
    connection = await asyncpg.connect(engine_url)
    try:
        await put_latest(connection, rows)
        await connection.execute(OUTCOMES, PATTERNS, DIRECTIONS)
    finally:
        await connection.close()


async def store_full_list(own_url: str, email: str) -> None:
    """Makes the list of the person with this address."""
    connection = await asyncpg.connect(own_url)
    try:
        user_id = await connection.fetchval("select id from app.users where email = $1", email)
        await lists.create(connection, user_id, LIST)
        await entries.add_all(connection, user_id, LIST, [NewEntry(each.symbol, each.price) for each in full_quotes()])
    finally:
        await connection.close()


def _value(column: str, price: float, generator: random.Random) -> float:
    """Of as many digits as the column has in a market: the page's weight depends on it."""
    if AMOUNTS.match(column):
        return generator.uniform(1e5, 9e7)
    return price * generator.uniform(0.7, 1.3) if PRICES.match(column) else generator.gauss(0, 9)
