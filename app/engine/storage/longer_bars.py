"""Daily bars into weeks and months, by SQL."""

from datetime import date

from asyncpg import Connection

ROLL = """
insert into {table} as kept (symbol, {key}, open, high, low, close, volume)
select symbol, date_trunc($1, date)::date, (array_agg(open order by date))[1], max(high), min(low),
       (array_agg(close order by date desc))[1], sum(volume)
  from ohlcv_daily
 where date between $2 and $3 and num_nonnulls(open, high, low, close) = 4
 group by 1, 2
 order by 1, 2
on conflict (symbol, {key}) do update
   set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
 where (kept.open, kept.high, kept.low, kept.close, kept.volume)
       is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
"""


async def roll(connection: Connection, unit: str, first: date, last: date) -> int:
    """Aggregates daily bars into weeks or months; the number that changed. `first` and `last` bound whole periods."""
    names = {"week": ("ohlcv_weekly", "week_start"), "month": ("ohlcv_monthly", "month_start")}
    table, key = names[unit]
    return changed_rows(await connection.execute(ROLL.format(table=table, key=key), unit, first, last))


def changed_rows(tag: str) -> int:
    """The number in a command tag such as `INSERT 0 12`."""
    return int(tag.rpartition(" ")[2])
