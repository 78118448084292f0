"""A market of the size that users have, generated once by SQL from the row numbers."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import asyncpg

from app.finance import calendar
from app.finance.quote import NewestQuote
from app.finance.sessions import NEW_YORK, regular

SYMBOLS = 5_000
LONG = 500
"""Symbols with twenty years of daily bars; the others have two days."""
MINUTES = 20
"""Symbols with minute bars."""
LAST = date(2026, 1, 2)
"""The session before the synthetic market's first."""
FIRST = date(2006, 1, 3)
MINUTE_SESSIONS = 60
LONGEST_SESSIONS = 2_513
"""Of the first symbol: 980,070 minutes."""
A_SESSION = 115
"""Detections of a symbol on intraday bars: 500 symbols make some 60,000 in a session."""
PATTERNS = (
    "Doji", "Hammer", "ShootingStar", "Engulfing", "Harami", "MorningStar", "EveningStar", "Piercing", "DarkCloud",
    "ThreeWhiteSoldiers", "ThreeBlackCrows", "Breakout", "Breakdown", "GapUp", "GapDown", "InsideBar", "OutsideBar",
    "BullFlag", "BearFlag", "DoubleBottom", "DoubleTop", "Marubozu", "SpinningTop", "Tweezers",
)  # fmt: skip
INDICATORS = ("SMA20", "SMA50", "SMA200", "EMA12", "EMA26", "RSI14", "MACD", "BBANDS", "STOCH", "ATR14", "ADX14")

DAILY = """
insert into ohlcv_daily (symbol, date, open, high, low, close, volume)
select 'SYN' || lpad(s::text, 4, '0'), day, base, base + 1.5, base - 1.25, base + 0.5, 100000 + (s * 31 + n) % 900000
  from generate_series($1::int, $2::int) as s
 cross join lateral (select day, n::int as n, 20 + (s * 7 + n) % 180 + (n % 97) / 100.0 as base
                       from unnest($3::date[]) with ordinality as days (day, n)) as days
"""
LONGER = """
insert into ohlcv_{name} (symbol, {key}, open, high, low, close, volume)
select symbol, date_trunc('{unit}', date)::date, (array_agg(open order by date))[1], max(high), min(low),
       (array_agg(close order by date desc))[1], sum(volume)
  from ohlcv_daily group by 1, 2
"""
MINUTE = """
insert into ohlcv_1min (symbol, timestamp, open, high, low, close, volume)
select 'SYN' || lpad(s::text, 4, '0'), opens + minute * interval '1 minute', base, base + 0.2, base - 0.2, base + 0.1,
       100 + (s * 17 + minute) % 5000
  from generate_series($1::int, $2::int) as s
 cross join unnest($3::timestamptz[]) as opens
 cross join lateral (select minute, 50 + (s + minute) % 100 + (minute % 10) / 10.0 as base
                       from generate_series(0, 389) as minute) as minutes
"""
HOURLY = """
insert into ohlcv_hourly (symbol, timestamp, open, high, low, close, volume)
select symbol, date_trunc('hour', timestamp), (array_agg(open order by timestamp))[1], max(high), min(low),
       (array_agg(close order by timestamp desc))[1], sum(volume)
  from ohlcv_1min group by 1, 2
"""
DETECTIONS = """
insert into {tier}_patterns
       (symbol, pattern_type, timeframe, detection_timestamp, {expires}, confidence, levels, pattern_data)
select 'SYN' || lpad((n % 500 + 1)::text, 4, '0'), ($3::text[])[1 + (n % 100003 * 7919) % array_length($3::text[], 1)],
       '{timeframe}', at, at + interval '1 hour', round(0.5 + (n * 31 % 500) / 1000.0, 3), array[101.5, 99.25],
       jsonb_build_object('direction', (array['bullish', 'bearish', 'neutral'])[1 + n % 3], 'price', 100 + n % 50,
                          'volume', 1000 + n % 9000, 'relative_volume', 1.5, 'rsi', 40 + n % 30,
                          'levels', jsonb_build_object('resistance', 101.5, 'support', 99.25), 'stop_loss', 98,
                          'target_price', 104, 'flow_id', md5(n::text))
  from generate_series($1::int, $2::int) as n
 cross join lateral (select {at} as at) as times
"""
INTRADAY_AT = (
    "($4::timestamptz[])[1 + n / 500 / {each}] + (1 + n / 500 % {each} * (390 / {each})) * interval '1 minute'"
)
DAILY_AT = "($4::timestamptz[])[1 + n / 500] + interval '390 minutes'"
OUTCOMES = """
insert into pattern_outcomes (symbol, pattern_type, timeframe, detection_timestamp, direction, price, return_1,
                              return_5, return_20)
select symbol, pattern_type, timeframe, detection_timestamp, pattern_data ->> 'direction', 100, 0.001, 0.004, -0.002
  from {tier}_patterns
"""
VALUES = """
insert into {tier}_indicators (symbol, indicator_type, timeframe, calculation_timestamp, {expires}, value_data)
select 'SYN' || lpad(s::text, 4, '0'), name, '{timeframe}', at, at + interval '10 days',
       jsonb_build_object('value', 50 + s % 50, 'signal', 'neutral', 'state', 'neutral')
  from generate_series(1, 500) as s cross join unnest($1::text[]) as name cross join unnest($2::timestamptz[]) as at
"""
SHARES = (
    ("intraday", "1min", 0.75),
    ("intraday", "5min", 0.15),
    ("daily", "daily", 0.08),
    ("daily_intraday", "combo", 0.02),
)
"""How detections are spread over the tables."""


def name(number: int) -> str:
    """The symbol with this number, from 1 on, as in the synthetic market of 5,000."""
    return f"SYN{number:04d}"


def quotes() -> Iterator[NewestQuote]:
    """Quotes as a feed stores them after the close of the newest day."""
    closes = regular(LAST).closes
    for number in range(1, SYMBOLS + 1):
        price = 20.0 + number % 180
        prices = price, price + 1, price - 1
        yield NewestQuote(name(number), price, closes, LAST.isoformat(), *prices, volume=100_000, previous_close=price)


async def fill(url: str, detections: int) -> float:
    """Fills the database and returns the seconds that took; 0 where it is filled. The schema must exist."""
    link = await asyncpg.connect(url)
    try:
        if await link.fetchval("select count(*) from symbols") >= SYMBOLS:
            return 0.0
        began = time.monotonic()
        async with link.transaction():
            await link.execute("set local work_mem = '256MB'")
            await put_symbols(link)
            await _bars(link)
            await put_detections(link, detections)
            await _indicators(link)
        await link.execute("vacuum analyze")
        return time.monotonic() - began
    finally:
        await link.close()


async def put_symbols(link: asyncpg.Connection) -> None:
    rows = [(name(n), f"Synthetic Company {n}", "XNYS", "usd", True) for n in range(1, SYMBOLS + 1)]
    columns = ("symbol", "name", "exchange", "currency_name", "active")
    await link.copy_records_to_table("symbols", records=rows, columns=columns)


async def _bars(link: asyncpg.Connection) -> None:
    days = list(calendar.sessions(FIRST, LAST))
    await link.execute(DAILY, 1, LONG, days)
    await link.execute(DAILY, LONG + 1, SYMBOLS, days[-2:])
    for table, key, unit in (("weekly", "week_start", "week"), ("monthly", "month_start", "month")):
        await link.execute(LONGER.format(name=table, key=key, unit=unit))
    opens = [_opens(day) for day in days]
    await link.execute(MINUTE, 1, 1, opens[-LONGEST_SESSIONS:])
    await link.execute(MINUTE, 2, MINUTES, opens[-MINUTE_SESSIONS:])
    await link.execute(HOURLY)


async def put_detections(link: asyncpg.Connection, count: int) -> None:
    """Detections, newest first: number 0 is in the last session."""
    opens = [_opens(day) for day in reversed(list(calendar.sessions(FIRST, LAST)))]
    for tier, timeframe, share in SHARES:
        each = A_SESSION if timeframe == "1min" else 30
        at = INTRADAY_AT.format(each=each) if tier == "intraday" else DAILY_AT
        expires = "expiration_date" if tier == "daily" else "expiration_timestamp"
        text = DETECTIONS.format(tier=tier, timeframe=timeframe, expires=expires, at=at)
        await link.execute(text, 0, int(count * share) - 1, list(PATTERNS), opens)
    for tier in dict.fromkeys(tier for tier, _, _ in SHARES):
        await link.execute(OUTCOMES.format(tier=tier))


async def _indicators(link: asyncpg.Connection) -> None:
    days = list(calendar.sessions(LAST - timedelta(days=90), LAST))
    closes = [_opens(day) + timedelta(minutes=390) for day in days]
    await link.execute(
        VALUES.format(tier="daily", expires="expiration_date", timeframe="daily"), list(INDICATORS), closes
    )
    minutes = [_opens(LAST) + timedelta(minutes=minute) for minute in range(1, 391)]
    await link.execute(
        VALUES.format(tier="intraday", expires="expiration_timestamp", timeframe="1min"), list(INDICATORS), minutes
    )


def _opens(day: date) -> datetime:
    return datetime.fromtimestamp(regular(day).opens, NEW_YORK)
