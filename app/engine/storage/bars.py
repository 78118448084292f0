"""Reads and writes bars, symbols and processing runs; every write is idempotent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple

from asyncpg import Connection

from app.finance.bars import Bar, Timeframe, day_start
from app.finance.instrument import Instrument

BARS = """
insert into {table} (symbol, {key}, open, high, low, close, volume)
select * from unnest($1::text[], $2::{kind}[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::int8[])
on conflict (symbol, {key}) do update
   set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
"""

TABLES: Mapping[str, Mapping[str, str]] = {
    "1min": {"table": "ohlcv_1min", "key": "timestamp", "kind": "timestamptz"},
    "hourly": {"table": "ohlcv_hourly", "key": "timestamp", "kind": "timestamptz"},
    "daily": {"table": "ohlcv_daily", "key": "date", "kind": "date"},
    "weekly": {"table": "ohlcv_weekly", "key": "week_start", "kind": "date"},
    "monthly": {"table": "ohlcv_monthly", "key": "month_start", "kind": "date"},
}
"""Tables of the stored timeframes; the others are aggregated from minutes."""


class ProcessingRun(NamedTuple):
    """A row of processing_runs; times in UTC epoch seconds."""

    run_id: str
    status: Literal["running", "success", "failed"]
    phase: str
    started_at: float
    completed_at: float | None = None
    total: int = 0
    done: int = 0
    error: str | None = None


class Statement(NamedTuple):
    """An insert of many rows, prepared before its transaction."""

    text: str
    columns: Sequence[Sequence[object]]

    async def run(self, connection: Connection) -> None:
        await connection.execute(self.text, *self.columns)


def bars_insert(bars: Iterable[Bar], tables: Collection[str]) -> list[Statement]:
    """`tables`: the existing ones."""
    by_timeframe: dict[str, list[Bar]] = {}
    for bar in sorted(bars):
        by_timeframe.setdefault(bar.timeframe, []).append(bar)
    statements = []
    for timeframe, own_bars in by_timeframe.items():
        words = TABLES.get(timeframe)
        if words and words["table"] in tables:
            starts = [_moment(bar.start) if words["kind"] == "timestamptz" else bar.day for bar in own_bars]
            statements.append(Statement(BARS.format(**words), _columns(own_bars, starts)))
    return statements


async def put_instruments(connection: Connection, instruments: Iterable[Instrument]) -> None:
    rows = [(each.symbol, each.name, each.exchange, each.currency, each.tick_size) for each in instruments]
    await connection.executemany(
        """
        insert into symbols (symbol, name, exchange, currency_name, tick_size, market, locale, type, active)
        values ($1, $2, $3, $4, $5, 'stocks', 'us', 'CS', true)
        on conflict (symbol) do update
           set name = excluded.name, exchange = excluded.exchange, currency_name = excluded.currency_name,
               tick_size = coalesce(symbols.tick_size, excluded.tick_size)
        """,
        rows,
    )


async def put_symbols(connection: Connection, symbols: Collection[str]) -> None:
    """Adds symbols by name alone."""
    if not symbols:
        return
    await connection.execute(
        "insert into symbols (symbol, active) select unnest($1::text[]), true on conflict (symbol) do nothing",
        sorted(symbols),
    )


async def days_until(connection: Connection, symbols: Sequence[str], day: date) -> int:
    """Number of daily bars of these symbols up to and including `day`."""
    count = await connection.fetchval(
        "select count(*) from ohlcv_daily where symbol = any($1::text[]) and date <= $2", symbols, day
    )
    return int(count)


async def symbols_with_days(connection: Connection) -> list[str]:
    """Sorted; a loose index scan, since `distinct` reads every bar."""
    rows = await connection.fetch(
        """
        with recursive each as (
          (select symbol from ohlcv_daily order by symbol limit 1)
          union all
          select (select symbol from ohlcv_daily where symbol > each.symbol order by symbol limit 1)
            from each
           where each.symbol is not null
        )
        select symbol::text from each where symbol is not null
        """
    )
    return [row["symbol"] for row in rows]


async def last_bars(connection: Connection, symbol: str, timeframe: Timeframe, count: int | None) -> list[Bar]:
    """Of a stored timeframe, oldest first; all with `count` None."""
    words = TABLES[timeframe]
    rows = await connection.fetch(
        f"""
        select symbol, {words["key"]} as start, open::float8, high::float8, low::float8, close::float8, volume
          from {words["table"]}
         where symbol = $1 and open is not null and close is not null
         order by {words["key"]} desc
         limit $2
        """,  # noqa: S608 - our own names
        symbol,
        count,
    )
    dated = words["kind"] == "date"
    starts = [day_start(row["start"]) if dated else row["start"].timestamp() for row in rows]
    return [
        _bar(row["symbol"], timeframe, start, row[2:])
        for row, start in zip(reversed(rows), reversed(starts), strict=True)
    ]


async def daily_patterns(connection: Connection, after: float) -> list[tuple[str, str, str, float, float]]:
    """Symbol, pattern, direction, detection time and confidence of daily patterns after that time."""
    rows = await connection.fetch(
        """
        select symbol, pattern_type, coalesce(pattern_data ->> 'direction', 'neutral') as direction,
               extract(epoch from detection_timestamp)::float8 as at, confidence::float8 as confidence
          from daily_patterns
         where timeframe = 'daily' and detection_timestamp > $1
         order by detection_timestamp
        """,
        _moment(after),
    )
    return [tuple(row) for row in rows]


async def put_run(connection: Connection, run: ProcessingRun) -> None:
    await connection.execute(
        """
        insert into processing_runs (run_id, trigger_type, status, phase, started_at, completed_at, symbols_total,
                                     symbols_processed, error_message)
        values ($1, 'manual', $2, $3, $4, $5, $6, $7, $8)
        on conflict (run_id) do update
           set status = excluded.status, phase = excluded.phase, completed_at = excluded.completed_at,
               symbols_total = excluded.symbols_total, symbols_processed = excluded.symbols_processed,
               error_message = excluded.error_message
        """,
        run.run_id,
        run.status,
        run.phase,
        _naive(run.started_at),
        None if run.completed_at is None else _naive(run.completed_at),
        run.total,
        run.done,
        run.error,
    )


async def columns(connection: Connection, tables: Sequence[str]) -> dict[str, set[str]]:
    """Columns of those tables that exist."""
    rows = await connection.fetch(
        """
        select table_name::text as name, array_agg(column_name::text) as members
          from information_schema.columns
         where table_schema = any(current_schemas(false)) and table_name = any($1::text[])
         group by table_name
        """,
        tables,
    )
    return {row["name"]: set(row["members"]) for row in rows}


async def unique_keys(connection: Connection, tables: Sequence[str]) -> dict[str, list[set[str]]]:
    rows = await connection.fetch(
        """
        select class.relname::text as name, array_agg(attribute.attname::text) as members
          from pg_index as key
          join pg_class as class on class.oid = key.indrelid
          join pg_attribute as attribute
            on attribute.attrelid = class.oid and attribute.attnum = any(key.indkey::int2[])
         where key.indisunique and key.indpred is null and pg_table_is_visible(class.oid)
           and class.relname = any($1::text[])
         group by class.relname, key.indexrelid
        """,
        tables,
    )
    keys: dict[str, list[set[str]]] = {}
    for row in rows:
        keys.setdefault(row["name"], []).append(set(row["members"]))
    return keys


def _bar(symbol: str, timeframe: Timeframe, start: float, numbers: Sequence[float]) -> Bar:
    open_, high, low, close, volume = numbers
    return Bar(symbol, timeframe, start, open_, high, low, close, int(volume or 0))


def _columns(bars: Sequence[Bar], starts: Sequence[date]) -> list[Sequence[object]]:
    numbers = list(zip(*(bar[3:8] for bar in bars), strict=True))
    return [[bar.symbol for bar in bars], starts, *numbers]


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _naive(at: float) -> datetime:
    """UTC without a time zone."""
    return _moment(at).replace(tzinfo=None)
