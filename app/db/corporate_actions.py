"""Splits and dividends of symbols, where the market database has tables for them."""

import asyncpg

from app.finance.adjust import CorporateActions, Payout, Split

Link = asyncpg.Connection

# A foreign table of that name may hold anything.
_OURS = """
select count(*) = 3
  from pg_attribute
 where attrelid = to_regclass('public.splits') and not attisdropped
   and has_column_privilege(attrelid, attnum, 'select')
   and (attname = 'symbol' or attname = 'ex_date' and atttypid = 'date'::regtype
        or attname = 'ratio' and atttypid = 'numeric'::regtype)
"""


_OUR_PAYOUTS = """
select count(*) = 4
  from pg_attribute
 where attrelid = to_regclass('public.dividends') and not attisdropped
   and has_column_privilege(attrelid, attnum, 'select')
   and (attname in ('symbol', 'currency') or attname = 'ex_date' and atttypid = 'date'::regtype
        or attname = 'amount' and atttypid = 'numeric'::regtype)
"""


async def actions(connection: asyncpg.Connection, symbol: str, currency: str) -> CorporateActions:
    """All known ones, including future ones. Payments in another currency than the prices are left out."""
    return CorporateActions(await splits(connection, symbol), await payouts(connection, symbol, currency))


async def splits(connection: asyncpg.Connection, symbol: str) -> list[Split]:
    if not await connection.fetchval(_OURS):
        return []
    rows = await connection.fetch(
        "select ex_date, ratio::float8 from public.splits where symbol = $1 order by 1", symbol
    )
    return [Split(*row) for row in rows]


async def payouts(connection: asyncpg.Connection, symbol: str, currency: str) -> list[Payout]:
    """One per day: the sum of all kinds."""
    if not await connection.fetchval(_OUR_PAYOUTS):
        return []
    rows = await connection.fetch(
        """
        select ex_date, sum(amount)::float8
          from public.dividends
         where symbol = $1 and upper(coalesce(nullif(currency, ''), $2)) = upper($2)
         group by 1
         order by 1
        """,
        symbol,
        currency,
    )
    return [Payout(*row) for row in rows]


async def every_split(connection: asyncpg.Connection) -> dict[str, list[Split]]:
    """By symbol, oldest first."""
    by_symbol: dict[str, list[Split]] = {}
    if await connection.fetchval(_OURS):
        rows = await connection.fetch("select symbol::text, ex_date, ratio::float8 from public.splits order by 1, 2")
        for symbol, day, ratio in rows:
            by_symbol.setdefault(symbol, []).append(Split(day, ratio))
    return by_symbol
