"""Writes loaded chunks: each in one transaction with its progress, and with retries."""

import logging
import time
from collections.abc import Collection, Sequence

from app import db
from app.db.errors import RETRYABLE_ERRORS
from app.db.pools import Pool
from app.engine.loads import queries
from app.engine.loads.queries import Connection, LoadLogEntry, T, Work
from app.engine.loads.sources.source import UnreadableSource
from app.engine.loads.sources.timeframes import LoadTimeframe
from app.engine.storage import reference
from app.engine.storage.reference import DividendRecord, SplitRecord, SymbolDetails
from app.wire.backoff import Backoff

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
MOST_COLLISIONS = 6
"""Of one transaction with other writers: deadlocks and serialization failures."""


ANALYSED_FROM = 10_000
"""New bars from which on a load runs ANALYZE."""


class BarWriter:
    """Waits for an unavailable database up to `patience` seconds; then raises db.Unavailable."""

    def __init__(self, pool: Pool, frame: LoadTimeframe, patience: float = PATIENCE_SECONDS) -> None:
        self.new_symbols = 0
        """Symbols that were not stored before."""
        self.collisions = 0
        """Collisions with other writers, after which a transaction was repeated."""
        self._pool = pool
        self._frame = frame
        self._patience = patience
        self._symbols: set[str] = set()
        self._marks = False
        self._copies = True

    async def open(self) -> None:
        """Raises UnreadableSource where the table lacks columns or its unique key."""
        table, needed = self._frame.table, {"symbol", self._frame.key, *queries.COLUMNS}
        async with self._pool.acquire() as connection:
            columns = await queries.columns(connection, table)
            keys = await queries.unique_keys(connection, table)
            self._marks = await queries.keeps_marks(connection)
        lacking = needed - columns
        if lacking:
            raise UnreadableSource(f"the table {table} lacks {', '.join(sorted(lacking))}")
        if {"symbol", self._frame.key} not in keys:
            raise UnreadableSource(f"the table {table} is not unique by symbol and {self._frame.key}")

    async def reached(self, load: str, part: str) -> tuple[int, bool]:
        """How many rows of a resumed load are stored in that part, and whether the part is complete."""
        if not self._marks:
            return 0, False
        return await self._in_transaction(lambda connection: queries.reached(connection, load, part))

    async def write(self, load: str, part: str, lines: Sequence[str], symbols: Collection[str], reached: int) -> int:
        """Number of new and changed bars."""
        new = set(symbols) - self._symbols

        async def work(connection: Connection) -> tuple[int, int]:
            fresh = await queries.put_symbols(connection, new) if new else 0
            new_bars = await self._put(connection, lines) if lines else 0
            if self._marks:
                await queries.mark(connection, load, part, reached)
            return fresh, new_bars

        fresh, count = await self._in_transaction(work)
        self._symbols |= new
        self.new_symbols += fresh
        return count

    async def _put(self, connection: Connection, lines: Sequence[str]) -> int:
        """Copies straight into the table until a bar exists already."""
        if self._copies:
            self._copies = await queries.copy_bars(connection, self._frame, lines)
            if self._copies:
                return len(lines)
        return await queries.put_bars(connection, self._frame, lines)

    async def put_symbols(self, symbols: Collection[str]) -> None:
        """Stores symbols without bars."""
        self.new_symbols += await self._in_transaction(lambda connection: queries.put_symbols(connection, symbols))

    async def complete(self, load: str, part: str, reached: int) -> None:
        if self._marks:
            await self._in_transaction(lambda connection: queries.mark(connection, load, part, reached, complete=True))

    async def write_reference(
        self,
        details: Sequence[SymbolDetails],
        splits: Sequence[SplitRecord],
        dividends: Sequence[DividendRecord],
        source: str,
    ) -> None:
        async def work(connection: Connection) -> None:
            await reference.put_symbol_details(connection, details)
            if self._marks:
                await reference.put_splits(connection, splits, source)
                await reference.put_dividends(connection, dividends, source)

        await self._in_transaction(work)

    async def add_splits(self, splits: Sequence[SplitRecord], source: str) -> None:
        """Keeps splits of the same day from other sources."""
        if self._marks and splits:
            await self._in_transaction(lambda connection: reference.add_splits(connection, splits, source))

    async def close(self, load: str, parts: Sequence[str], entry: LoadLogEntry, *, over: bool) -> None:
        """`over`: the load is finished and its progress may be deleted."""

        async def work(connection: Connection) -> None:
            if over:
                await queries.forget_marks(connection, load, parts)
            await queries.log(connection, entry)

        if self._marks:
            await self._in_transaction(work)
        if entry.new_bars >= ANALYSED_FROM:
            await self._in_transaction(
                lambda connection: queries.renew_statistics(connection, (self._frame.table, "symbols"))
            )

    async def _in_transaction(self, work: Work[T]) -> T:
        backoff, until, collided = Backoff(), time.monotonic() + self._patience, 0
        while True:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    return await work(connection)
            except db.BadValue as error:
                raise UnreadableSource(f"the table {self._frame.table} does not take these values ({error})") from None
            except RETRYABLE_ERRORS as error:
                collided += 1
                self._count_collision(collided, type(error).__name__)
            except db.Unavailable as error:
                if time.monotonic() > until:
                    raise
                logger.warning("database away, the load waits: %s", error)
            await backoff.wait()

    def _count_collision(self, times: int, cause: str) -> None:
        """Raises UnreadableSource after MOST_COLLISIONS."""
        table = self._frame.table
        if times >= MOST_COLLISIONS:
            raise UnreadableSource(
                f"another writer of the table {table} was in the way {times} times ({cause});"
                " nothing of that batch is stored, and the load may be made again"
            )
        self.collisions += 1
        logger.warning("%s with another writer of %s, done again (%d in this load)", cause, table, self.collisions)
