"""Statements of the end-of-day processing; each of them is idempotent."""

from datetime import UTC, date, datetime
from typing import NamedTuple

import msgspec
from asyncpg import Connection

from app.engine.eod.result import MOST_NAMED, ClosedDay
from app.engine.storage.longer_bars import changed_rows
from app.engine.storage.markets import ON_EXCHANGE, on_exchange


class SymbolDay(NamedTuple):
    """Whether a symbol has a complete bar of the day, and whether one is expected."""

    has_bar: bool
    expected: bool


# An existing daily bar came from ticks or a provider and is better than one from minutes.
FILL = f"""
insert into ohlcv_daily (symbol, date, open, high, low, close, volume)
select symbol, $1::date, (array_agg(open order by timestamp))[1], max(high), min(low),
       (array_agg(close order by timestamp desc))[1], sum(volume)
  from ohlcv_1min
 where timestamp >= $2 and timestamp < $3 and {ON_EXCHANGE}
 group by symbol
 order by symbol
on conflict (symbol, date) do nothing
"""  # noqa: S608 - the condition is our own text

BEGIN = """
insert into processing_runs (run_id, trigger_type, status, phase, started_at)
values ($1, $2, 'running', $3, now() at time zone 'UTC')
on conflict (run_id) do update
   set status = 'running', phase = excluded.phase, trigger_type = excluded.trigger_type, completed_at = null,
       duration_seconds = null, error_message = null, updated_at = now() at time zone 'UTC'
"""

END = """
update processing_runs
   set status = $2, completed_at = now() at time zone 'UTC', symbols_total = $3, symbols_processed = $4,
       symbols_failed = $5, error_message = $6, metadata = $7::text::jsonb, updated_at = now() at time zone 'UTC',
       duration_seconds = extract(epoch from now() at time zone 'UTC' - started_at)::int
 where run_id = $1
"""


async def fill(connection: Connection, day: date, opens: float, closes: float) -> int:
    """Inserts missing daily bars from minutes of the session; the number of them."""
    return changed_rows(await connection.execute(FILL, day, _moment(opens), _moment(closes)))


async def symbol_days(connection: Connection, day: date, since: date) -> dict[str, SymbolDay]:
    """The active symbols of an exchange that are listed by then. A bar since `since` makes one expected."""
    rows = await connection.fetch(
        f"""
        select symbols.symbol::text, num_nonnulls(open, high, low, close) = 4 as there,
               list_date >= $2 or exists (
                 select from ohlcv_daily as seen
                  where seen.symbol = symbols.symbol and seen.date between $2 and $1) as expected
          from symbols left join ohlcv_daily as bars on bars.symbol = symbols.symbol and bars.date = $1
         where active and {on_exchange("symbols.symbol")} and symbols.symbol not like 'TEST\\_%'
           and (list_date is null or list_date <= $1)
        """,  # noqa: S608
        day,
        since,
    )
    return {row["symbol"]: SymbolDay(bool(row["there"]), bool(row["expected"])) for row in rows}


async def unfinished(connection: Connection, most: int) -> list[str]:
    """Run ids that were begun and not ended, oldest first."""
    if not await connection.fetchval("select to_regclass('processing_runs') is not null"):
        return []
    rows = await connection.fetch(
        """
        select run_id::text from processing_runs
         where status = 'running' and run_id ~ '^eod-[0-9]{4}-[0-9]{2}-[0-9]{2}$' order by run_id desc limit $1
        """,
        most,
    )
    return [row["run_id"] for row in reversed(rows)]


async def begin(connection: Connection, run_id: str, trigger: str, phase: str) -> None:
    await connection.execute(BEGIN, run_id, trigger, phase)


async def phase(connection: Connection, run_id: str, name: str) -> None:
    await connection.execute("update processing_runs set phase = $2 where run_id = $1", run_id, name)


async def end(connection: Connection, run_id: str, closed: ClosedDay) -> None:
    """With the first MOST_NAMED missing symbols of each universe."""
    universes = [
        {
            "universe": each.universe,
            "expected": each.expected,
            "share": each.share,
            "missing": each.missing[:MOST_NAMED],
            "silent": each.silent[:MOST_NAMED],
        }
        for each in closed.checks
    ]
    metadata = {"day": closed.day, "filled": closed.filled, "rolled": closed.rolled, "universes": universes}
    every = closed.checks[0]
    await connection.execute(
        END,
        run_id,
        "failed" if closed.incomplete else "success",
        every.expected,
        every.expected - len(every.missing),
        len(every.missing),
        f"incomplete: {closed.summary}" if closed.incomplete else None,
        msgspec.json.encode(metadata).decode(),
    )


async def fail(connection: Connection, run_id: str, reason: str) -> None:
    await connection.execute(
        "update processing_runs set status = 'failed', error_message = $2, completed_at = now() at time zone 'UTC'"
        " where run_id = $1",
        run_id,
        reason,
    )


async def last_session(connection: Connection) -> date | None:
    """The newest day with a daily bar."""
    day: date | None = await connection.fetchval("select max(date) from ohlcv_daily")
    return day


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
