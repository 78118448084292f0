"""What the engine reads from the market's tables and writes into them; every write may be repeated."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple

import msgspec
from asyncpg import Connection

from app.engine.analysis import Indicator, Pattern
from app.finance import candles, studies
from app.finance.bars import Bar, Timeframe, day_start
from app.finance.instrument import Instrument

MINUTE_BARS = """
insert into ohlcv_1min (symbol, timestamp, open, high, low, close, volume)
select * from unnest($1::text[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::int8[])
on conflict (symbol, timestamp) do update
   set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
"""

DAILY_BARS = """
insert into ohlcv_daily (symbol, date, open, high, low, close, volume)
select * from unnest($1::text[], $2::date[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::int8[])
on conflict (symbol, date) do update
   set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
"""

PATTERNS = """
insert into {tier}_patterns
       (symbol, pattern_type, timeframe, detection_timestamp, {expires}, confidence, pattern_data)
select symbol, pattern, timeframe, at, at + interval '{life}', confidence, data::jsonb
  from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::float8[], $6::text[])
       as found (symbol, pattern, timeframe, at, confidence, data)
on conflict (symbol, pattern_type, timeframe, detection_timestamp) do update
   set confidence = excluded.confidence, pattern_data = excluded.pattern_data
"""

INDICATORS = """
insert into {tier}_indicators (symbol, indicator_type, timeframe, calculation_timestamp, {expires}, value_data)
select symbol, indicator, timeframe, at, at + interval '{life}', data::jsonb
  from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
       as found (symbol, indicator, timeframe, at, data)
on conflict (symbol, indicator_type, timeframe, calculation_timestamp) do update set value_data = excluded.value_data
"""

TIERS: Mapping[str, Mapping[str, str]] = {
    "1min": {"tier": "intraday", "expires": "expiration_timestamp", "life": "1 hour"},
    "daily": {"tier": "daily", "expires": "expiration_date", "life": "5 days"},
}


class Run(NamedTuple):
    """A row of processing_runs; times in UTC epoch seconds."""

    run_id: str
    status: Literal["running", "success", "failed"]
    phase: str
    started_at: float
    completed_at: float | None = None
    total: int = 0
    done: int = 0
    error: str | None = None


async def put_bars(connection: Connection, bars: Iterable[Bar]) -> None:
    kept = sorted(bars)
    minutes = [bar for bar in kept if bar.timeframe == "1min"]
    days = [bar for bar in kept if bar.timeframe == "daily"]
    if minutes:
        await connection.execute(MINUTE_BARS, *_columns(minutes, [_moment(bar.start) for bar in minutes]))
    if days:
        await connection.execute(DAILY_BARS, *_columns(days, [bar.day for bar in days]))


async def put_patterns(connection: Connection, patterns: Iterable[Pattern]) -> None:
    found = list(patterns)
    for timeframe, words in TIERS.items():
        rows = [_pattern_row(pattern) for pattern in found if pattern.event.timeframe == timeframe]
        if rows:
            await connection.execute(PATTERNS.format(**words), *zip(*sorted(rows), strict=True))


async def put_indicators(connection: Connection, indicators: Iterable[Indicator]) -> None:
    found = list(indicators)
    for timeframe, words in TIERS.items():
        rows = [_indicator_row(indicator) for indicator in found if indicator.event.timeframe == timeframe]
        if rows:
            await connection.execute(INDICATORS.format(**words), *zip(*sorted(rows), strict=True))


async def forget_indicators(connection: Connection, before: float) -> None:
    """Values of minutes that are over are of no use to anybody; there are thousands an hour."""
    await connection.execute("delete from intraday_indicators where expiration_timestamp < $1", _moment(before))


async def put_instruments(connection: Connection, instruments: Iterable[Instrument]) -> None:
    rows = [(told.symbol, told.name, told.exchange, told.currency) for told in instruments]
    await connection.executemany(
        """
        insert into symbols (symbol, name, exchange, currency_name, market, locale, type, active)
        values ($1, $2, $3, $4, 'stocks', 'us', 'CS', true)
        on conflict (symbol) do update
           set name = excluded.name, exchange = excluded.exchange, currency_name = excluded.currency_name
        """,
        rows,
    )


async def put_symbols(connection: Connection, symbols: Collection[str]) -> None:
    """Symbols of which nothing but the name is known."""
    if not symbols:
        return
    await connection.execute(
        "insert into symbols (symbol, active) select unnest($1::text[]), true on conflict (symbol) do nothing",
        sorted(symbols),
    )


async def put_definitions(connection: Connection, threshold: float) -> None:
    await connection.executemany(
        """
        insert into pattern_definitions (name, category, code_reference, display_order, confidence_threshold,
                                         applicable_timeframes)
        values ($1, 'candlestick', $2, $3, $4, '{1min,daily}')
        on conflict (name) do update set confidence_threshold = excluded.confidence_threshold, updated_date = now()
        """,
        [(name, f"TA-Lib {function}", order, threshold) for order, (name, function) in enumerate(candles.names(), 1)],
    )
    await connection.executemany(
        """
        insert into indicator_definitions (name, category, code_reference, display_order, period,
                                           applicable_timeframes)
        values ($1, $2, 'TA-Lib', $3, $4, '{1min,daily}')
        on conflict (name) do nothing
        """,
        [(study.name, study.category, order, study.period) for order, study in enumerate(studies.STUDIES, 1)],
    )


async def days_until(connection: Connection, symbols: Sequence[str], day: date) -> int:
    """How many daily bars of these symbols are stored up to and with that day."""
    found = await connection.fetchval(
        "select count(*) from ohlcv_daily where symbol = any($1::text[]) and date <= $2", symbols, day
    )
    return int(found)


async def symbols_with_days(connection: Connection) -> list[str]:
    rows = await connection.fetch("select distinct symbol from ohlcv_daily order by symbol")
    return [row["symbol"] for row in rows]


async def last_days(connection: Connection, symbol: str, count: int | None) -> list[Bar]:
    """Oldest first; None for all there are."""
    rows = await connection.fetch(
        """
        select symbol, date, open::float8, high::float8, low::float8, close::float8, volume
          from ohlcv_daily
         where symbol = $1 and open is not null and close is not null
         order by date desc
         limit $2
        """,
        symbol,
        count,
    )
    return [_bar(row["symbol"], "daily", day_start(row["date"]), row[2:]) for row in reversed(rows)]


async def last_minutes(connection: Connection, symbol: str, count: int) -> list[Bar]:
    """Oldest first."""
    rows = await connection.fetch(
        """
        select symbol, timestamp, open::float8, high::float8, low::float8, close::float8, volume
          from ohlcv_1min
         where symbol = $1
         order by timestamp desc
         limit $2
        """,
        symbol,
        count,
    )
    return [_bar(row["symbol"], "1min", row["timestamp"].timestamp(), row[2:]) for row in reversed(rows)]


async def put_run(connection: Connection, run: Run) -> None:
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
    """Of those tables that are there."""
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
    found: dict[str, list[set[str]]] = {}
    for row in rows:
        found.setdefault(row["name"], []).append(set(row["members"]))
    return found


def _bar(symbol: str, timeframe: Timeframe, start: float, numbers: Sequence[float]) -> Bar:
    opened, high, low, close, volume = numbers
    return Bar(symbol, timeframe, start, opened, high, low, close, int(volume or 0))


def _columns(bars: Sequence[Bar], starts: Sequence[date]) -> list[Sequence[object]]:
    numbers = list(zip(*(bar[3:] for bar in bars), strict=True))
    return [[bar.symbol for bar in bars], starts, *numbers]


def _pattern_row(pattern: Pattern) -> tuple[str, str, str, datetime, float, str]:
    event = pattern.event
    data = {
        "direction": event.direction,
        "price": event.price,
        "price_change": event.price_change,
        "volume": event.volume,
        "relative_volume": pattern.relative_volume,
        "flow_id": event.flow_id,
    }
    return event.symbol, event.pattern, event.timeframe, _moment(event.at), event.confidence, _json(data)


def _indicator_row(indicator: Indicator) -> tuple[str, str, str, datetime, str]:
    event = indicator.event
    data = {**indicator.parts, "value": event.value, "state": event.signal}
    return event.symbol, event.indicator, event.timeframe, _moment(event.at), _json(data)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _naive(at: float) -> datetime:
    """UTC in a column that knows no zone."""
    return _moment(at).replace(tzinfo=None)


def _json(data: Mapping[str, object]) -> str:
    return msgspec.json.encode(data).decode()
