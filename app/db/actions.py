"""What changed the number of a symbol's shares, where the market has a table for it."""

from datetime import date

import asyncpg

from app.finance.adjust import Split

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


async def splits(connection: asyncpg.Connection, symbol: str, until: date) -> list[Split]:
    """Of that symbol up to and with that day, oldest first."""
    if not await connection.fetchval(_OURS):
        return []
    rows = await connection.fetch(
        "select ex_date, ratio::float8 from public.splits where symbol = $1 and ex_date <= $2 order by 1", symbol, until
    )
    return [Split(*row) for row in rows]


async def every_split(connection: asyncpg.Connection) -> dict[str, list[Split]]:
    """By symbol, oldest first."""
    found: dict[str, list[Split]] = {}
    if await connection.fetchval(_OURS):
        rows = await connection.fetch("select symbol::text, ex_date, ratio::float8 from public.splits order by 1, 2")
        for symbol, day, ratio in rows:
            found.setdefault(symbol, []).append(Split(day, ratio))
    return found
