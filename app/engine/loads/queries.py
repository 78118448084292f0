"""Writes loaded bars with the progress of their load, the log of loads and the queue of load jobs."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from io import BytesIO
from typing import NamedTuple, TypeVar

from asyncpg import Connection as Connection

from app.db import timescale
from app.db.errors import COPY_ERRORS
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.engine.storage.longer_bars import changed_rows

T = TypeVar("T")

Work = Callable[[Connection], Awaitable[T]]
"""Work in one transaction, which may be repeated."""

COLUMNS = ("open", "high", "low", "close", "volume")

ASYNC_COMMIT = "set local synchronous_commit to off"
"""A crash of the server loses the newest chunks with their progress; the end of a load is committed synchronously."""

STAGE = "create temp table if not exists incoming_{table} (like {table}) on commit delete rows"

# Sorted by key, so that two loads of the same bars cannot deadlock.
UPSERT = """
insert into {table} as kept (symbol, {key}, open, high, low, close, volume)
select symbol, {key}, open, high, low, close, volume
  from incoming_{table}
 order by symbol, {key}
on conflict (symbol, {key}) do update
   set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume
 where (kept.open, kept.high, kept.low, kept.close, kept.volume)
       is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume)
"""


class LoadLogEntry(NamedTuple):
    """A row of symbol_load_log."""

    name: str
    symbols: int
    new_symbols: int
    """Symbols that were not stored before."""
    new_bars: int
    status: str
    error: str | None
    seconds: float


async def columns(connection: Connection, table: str) -> set[str]:
    """Empty without the table."""
    rows = await connection.fetch(
        "select attname::text from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped",
        table,
    )
    return {row[0] for row in rows}


async def unique_keys(connection: Connection, table: str) -> list[set[str]]:
    rows = await connection.fetch(
        """
        select array_agg(attribute.attname::text) as members
          from pg_index as key
          join pg_attribute as attribute
            on attribute.attrelid = key.indrelid and attribute.attnum = any(key.indkey::int2[])
         where key.indrelid = to_regclass($1) and key.indisunique and key.indpred is null
         group by key.indexrelid
        """,
        table,
    )
    return [set(row["members"]) for row in rows]


async def copy_bars(connection: Connection, frame: LoadTimeframe, lines: Sequence[str]) -> bool:
    """Whether all were new and are stored, which is three times as fast; else none is. Within a transaction."""
    await connection.execute(ASYNC_COMMIT)
    await timescale.open_old_bars(connection)
    try:
        async with connection.transaction():
            # Sorted, so that two loads of the same bars cannot deadlock.
            await _copy(connection, frame.table, frame, sorted(lines))
    except COPY_ERRORS:
        return False
    return True


async def put_bars(connection: Connection, frame: LoadTimeframe, lines: Sequence[str]) -> int:
    """Number of new and changed bars. Within a transaction; `lines` are CSV with distinct keys."""
    names = {"table": frame.table, "key": frame.key}
    await connection.execute(ASYNC_COMMIT)
    await timescale.open_old_bars(connection)
    await connection.execute(STAGE.format(**names))
    await _copy(connection, f"incoming_{frame.table}", frame, lines)
    return changed_rows(await connection.execute(UPSERT.format(**names)))


async def _copy(connection: Connection, table: str, frame: LoadTimeframe, lines: Sequence[str]) -> None:
    await connection.copy_to_table(
        table, source=BytesIO("\n".join(lines).encode()), columns=("symbol", frame.key, *COLUMNS), format="csv"
    )


async def renew_statistics(connection: Connection, tables: Sequence[str]) -> None:
    """Analyses tables after a large load. Skips tables that are being analysed and those of other owners."""
    await connection.execute(f"analyze (skip_locked) {', '.join(tables)}")


async def put_symbols(connection: Connection, symbols: Collection[str]) -> int:
    """Number of new symbols."""
    return changed_rows(
        await connection.execute(
            "insert into symbols (symbol, active) select unnest($1::text[]), true on conflict (symbol) do nothing",
            sorted(symbols),
        )
    )


async def keeps_marks(connection: Connection) -> bool:
    """Foreign schemas have no table for them."""
    return bool(await connection.fetchval("select to_regclass('data_load_parts') is not null"))


async def reached(connection: Connection, load: str, part: str) -> tuple[int, bool]:
    """How many rows of that part are stored, and whether it is complete."""
    row = await connection.fetchrow(
        "select reached, complete from data_load_parts where load = $1 and part = $2", load, part
    )
    return (row["reached"], row["complete"]) if row else (0, False)


async def mark(connection: Connection, load: str, part: str, reached: int, *, complete: bool = False) -> None:
    await connection.execute(
        """
        insert into data_load_parts as kept (load, part, reached, complete) values ($1, $2, $3, $4)
        on conflict (load, part) do update
           set reached = greatest(kept.reached, excluded.reached), complete = kept.complete or excluded.complete,
               updated_at = now()
        """,
        load,
        part,
        reached,
        complete,
    )


async def forget_marks(connection: Connection, load: str, parts: Collection[str]) -> None:
    """Deletes the progress of a finished load."""
    await connection.execute("delete from data_load_parts where load = $1 and part = any($2::text[])", load, parts)


async def log(connection: Connection, entry: LoadLogEntry) -> None:
    await connection.execute(
        """
        insert into symbol_load_log (csv_filename, symbol_count, symbols_loaded, symbols_updated, symbols_skipped,
                                     ohlcv_records_loaded, load_status, error_message, load_duration_seconds)
        values (left($1, 255), $2, $3, $2::int - $3::int, 0, $4, $5, $6, $7)
        """,
        *entry,
    )


class LoadJob(NamedTuple):
    """An unfinished load job. `tries`: engine processes that crashed while they ran it."""

    job_id: str
    request: bytes
    submitted_at: datetime
    started: bool
    tries: int


async def put_job(connection: Connection, job_id: str, request: bytes, status: str) -> bool:
    """Whether the job is new: a job that is delivered twice runs once."""
    tag = await connection.execute(
        "insert into data_load_jobs (job_id, request, status) values ($1, $2::text::jsonb, $3) on conflict do nothing",
        job_id,
        request.decode(),
        status,
    )
    return changed_rows(tag) == 1


async def begin_job(connection: Connection, job_id: str) -> None:
    await connection.execute(
        "update data_load_jobs set status = 'running', started_at = coalesce(started_at, now()), tries = tries + 1"
        " where job_id = $1",
        job_id,
    )


async def release_job(connection: Connection, job_id: str) -> None:
    """A regular shutdown is no failed try."""
    await connection.execute(
        "update data_load_jobs set tries = greatest(0, tries - 1) where job_id = $1 and completed_at is null", job_id
    )


async def end_job(connection: Connection, job_id: str, status: str, message: str) -> None:
    await connection.execute(
        "update data_load_jobs set status = $2, message = $3, completed_at = now() where job_id = $1",
        job_id,
        status,
        message,
    )


async def open_jobs(connection: Connection, most: int) -> list[LoadJob]:
    """Oldest first."""
    rows = await connection.fetch(
        """
        select job_id, request::text, submitted_at, started_at is not null, tries
          from data_load_jobs where completed_at is null order by submitted_at, job_id limit $1
        """,
        most,
    )
    return [LoadJob(row[0], row[1].encode(), *row[2:]) for row in rows]
