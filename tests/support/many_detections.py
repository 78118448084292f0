"""Fifty thousand detections, so that a query without an index shows."""

from datetime import UTC, datetime

import asyncpg

LAST = datetime(2012, 9, 4, 20, tzinfo=UTC)
TIERS = {"intraday_patterns": 40_000, "daily_patterns": 8_000, "daily_intraday_patterns": 2_000}

# A time has many detections, and a rule of its own says which of them are rare.
FURNISH = """
insert into {table} (symbol, pattern_type, timeframe, detection_timestamp, confidence, pattern_data)
select 'S' || n % 97, case when n % 4000 = 0 then 'Rare' else 'Pattern' || n % 7 end,
       case when n % 9 = 0 then '{timeframe}' else '{other}' end,
       $1::timestamptz - n / 50 * interval '1 minute', case when n % 1999 = 0 then 1 else 0.5 + n % 40 / 100.0 end,
       jsonb_build_object('direction', case when n % 1777 = 0 then 'neutral' else 'bullish' end, 'price', 1 + n % 90)
  from generate_series(1, $2::int) as n
on conflict do nothing
"""
TIMEFRAMES = {
    "intraday_patterns": ("5min", "1min"),
    "daily_patterns": ("weekly", "daily"),
    "daily_intraday_patterns": ("combo", "combo"),
}


async def put_many_detections(link: asyncpg.Connection) -> None:
    for table, rows in TIERS.items():
        timeframe, other = TIMEFRAMES[table]
        await link.execute(FURNISH.format(table=table, timeframe=timeframe, other=other), LAST, rows)
        await link.execute(f"analyze {table}")
