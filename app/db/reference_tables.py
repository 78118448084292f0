"""Sub-selects of one fixed shape over what a market database knows of its symbols beside bars and detections."""

# ruff: noqa: S608

from app.db import columns as read
from app.db.columns import Table
from app.rules.latest_columns import EVERY

LATEST_KEY = ("timeframe", "running", "symbol", "at", "bars", "split_1")

UNIVERSES = ("stock_universe", "etf_universe", "stock_etf_combo", "themes")
"""Types of cache entries."""
MEMBER_LISTS = ("stocks", "etfs", "symbols", "tickers", "members")
"""Keys of an entry's object."""


def latest(table: Table | None) -> str | None:
    """LATEST_KEY, and latest_columns.EVERY as float8; None where one is missing."""
    if table is None or not {*LATEST_KEY, *EVERY} <= table.columns.keys():
        return None
    return table.name if all(table.columns[name] == "double precision" for name in EVERY) else None


def universes(table: Table | None) -> str | None:
    """Members now: name, key, symbol text."""
    if table is None or not {"type", "name", "key", "value"} <= table.columns.keys():
        return None
    value = read.json(table.columns, "value")
    lists = ", ".join([value, *(f"{value} -> '{name}'" for name in MEMBER_LISTS)])
    kinds = ", ".join(f"'{kind}'" for kind in UNIVERSES)
    return (
        f"(select name::text as name, key::text as key, btrim(case jsonb_typeof(member) when 'string' then member #>>"
        f" '{{}}' when 'object' then coalesce(member ->> 'ticker', member ->> 'symbol') end) as symbol"
        f" from {table.name} cross join unnest(array[{lists}]) as listed"
        f" cross join jsonb_array_elements(case jsonb_typeof(listed) when 'array' then listed else '[]' end) as member"
        f" where type::text in ({kinds}))"
    )


def instruments(table: Table | None) -> str | None:
    if table is None or table.symbol is None:
        return None
    columns = table.columns
    code = read.text(columns, "currency_name", "currency")
    # TickStockPL writes usd; GBp means pence and must stay so.
    currency = f"case when {code} ~ '^[a-z]{{3}}$' then upper({code}) else nullif({code}, '') end"
    listed = read.day(columns, "list_date") if "list_date" in columns else None
    return (
        f"(select {table.symbol}::text as symbol, coalesce({read.text(columns, 'name')}, '') as name,"
        f" coalesce({read.text(columns, 'exchange', 'primary_exchange')}, '') as exchange,"
        f" coalesce({currency}, 'USD') as currency, coalesce({read.text(columns, 'type')}, '') as type,"
        f" coalesce({read.flag(columns, 'active')}, true) as active, {listed or 'null::date'} as listed,"
        f" nullif({read.text(columns, 'sector')}, '') as sector,"
        f" nullif({read.text(columns, 'industry')}, '') as industry,"
        f" {read.finite(read.number(columns, 'market_cap'))} as cap"
        f" from {table.name} where {table.symbol} is not null)"
    )


def splits(table: Table | None) -> str | None:
    if table is None or not {"symbol", "ex_date", "ratio"} <= table.columns.keys():
        return None
    return (
        f"(select symbol::text as symbol, {read.day(table.columns, 'ex_date')} as day,"
        f" {read.number(table.columns, 'ratio')} as ratio from {table.name})"
    )
