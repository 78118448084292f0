"""Connection pools: opened at the first use, with short time-outs, and with a circuit breaker."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple, Union, cast

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from app import logs
from app.db import pooler
from app.db.breaker import DatabaseBreaker
from app.db.errors import CONNECT_ERRORS, OUTAGE_ERRORS, SCHEMA_ERRORS, BadValue, Unavailable
from app.db.market import MarketShape, inspect

CONNECT_SECONDS = 3.0
RELEASE_SECONDS = 1.0
CLOSE_SECONDS = 2.0
INSPECT_AGAIN_SECONDS = 10.0
STATEMENTS = 100
"""Prepared statements per connection."""


class PoolState(NamedTuple):
    links: int
    idle: int
    resting: bool
    """The breaker is open."""


Link = Union[asyncpg.Connection, "PoolConnectionProxy[asyncpg.Record]"]


class Pool:
    """Connections of one role to one database. `name` is the application_name.

    `read_only` is a second protection besides the role's own rights.
    """

    def __init__(
        self,
        url: str,
        name: str,
        size: int = 8,
        *,
        acquire_seconds: float = 1.0,
        statement_ms: int = 3000,
        read_only: bool = False,
    ) -> None:
        self._url = url
        self._size = size
        self._acquire_seconds = acquire_seconds
        self._command_seconds = statement_ms / 1000 + 2.0
        self._server_settings = {
            "application_name": f"tickstock {name}",
            "statement_timeout": str(statement_ms),
            "lock_timeout": "1000",
            "idle_in_transaction_session_timeout": "5000",
            "timezone": "UTC",
            # A generic plan expects a tenth of a table for every `limit`, and reads all of it.
            "plan_cache_mode": "force_custom_plan",
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
            "default_transaction_read_only": "on" if read_only else "off",
        }
        self._read_only = read_only
        self._breaker = DatabaseBreaker()
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self.lost_at: float | None = None
        """Wall time at which a connection last broke."""
        self.schema_errors = 0
        """Count of missing tables, columns and privileges."""

    @property
    def state(self) -> PoolState:
        links, idle = (self._pool.get_size(), self._pool.get_idle_size()) if self._pool else (0, 0)
        return PoolState(links, idle, self._breaker.open)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[asyncpg.Connection]:
        """Raises Unavailable instead of waiting, and BadValue for a value that no column takes."""
        pool, proxy = await self._take()
        connection = cast(asyncpg.Connection, proxy)
        try:
            with self._translate_errors(connection):
                yield connection
            self._breaker.succeeded()
        finally:
            await _give_back(pool, proxy)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection in a transaction, which an exception rolls back. Raises what `acquire` does."""
        async with self.acquire() as connection, connection.transaction():
            yield connection

    async def answers(self) -> bool:
        try:
            async with self.acquire() as connection:
                await connection.fetchval("select 1")
        except Unavailable:
            return False
        return True

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await pool.close()
        except CONNECT_ERRORS:
            pool.terminate()

    async def _take(self) -> tuple["asyncpg.Pool[asyncpg.Record]", "PoolConnectionProxy[asyncpg.Record]"]:
        if not self._breaker.allows():
            raise Unavailable("not asked again yet")
        try:
            async with asyncio.timeout(self._acquire_seconds):
                pool = await self._connected_pool()
            connection = await pool.acquire(timeout=self._acquire_seconds)
        except CONNECT_ERRORS as error:
            self._breaker.failed()
            raise Unavailable(logs.cause(error)) from error
        return pool, connection

    async def _connected_pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                pooled = await pooler.is_pooled(self._url, CONNECT_SECONDS)
                settings = self._server_settings
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self._size,
                    max_inactive_connection_lifetime=0,  # links end when they break, and are missed then
                    init=self._watch,
                    timeout=CONNECT_SECONDS,
                    command_timeout=self._command_seconds,
                    server_settings=pooler.accepted(settings) if pooled else settings,
                    statement_cache_size=0 if pooled else STATEMENTS,
                    reset=_no_reset if self._read_only or pooled else None,
                )
            return self._pool

    async def _watch(self, connection: Link) -> None:
        connection.add_termination_listener(self._lost)

    def _lost(self, _connection: Link) -> None:
        if self._pool is not None:
            self.lost_at = time.time()

    @contextmanager
    def _translate_errors(self, connection: asyncpg.Connection) -> Iterator[None]:
        try:
            yield
        except asyncpg.DataError as error:
            raise BadValue(type(error).__name__) from error
        except OUTAGE_ERRORS as error:
            self._breaker.failed()
            # A connection that timed out would delay its release by another time-out.
            _end(connection)
            raise Unavailable(type(error).__name__) from error
        except SCHEMA_ERRORS:
            self.schema_errors += 1
            raise
        except asyncpg.InterfaceError as error:
            # The driver raises this for dead connections, and for wrong calls, which are bugs of ours.
            if not _ended(connection):
                raise
            self._breaker.failed()
            raise Unavailable(type(error).__name__) from error


async def _no_reset(_connection: object) -> None:
    """A reader leaves nothing in a session that the next one could meet, so the round trip of a reset is saved; behind
    a pooler the session is shared. An open transaction is rolled back all the same."""


async def _give_back(pool: "asyncpg.Pool[asyncpg.Record]", connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
    try:
        await pool.release(connection, timeout=RELEASE_SECONDS)
    except CONNECT_ERRORS:
        _end(connection)


def _ended(connection: Link) -> bool:
    """A connection that broke has left the pool already."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


def _end(connection: Link) -> None:
    if not _ended(connection):
        connection.terminate()


class Pools:
    """`own`: users, audit, errors. `market`: the engine's tables, read-only."""

    def __init__(self, own: Pool, market: Pool) -> None:
        self.own = own
        self.market = market
        self._shape: MarketShape | None = None
        self._inspected_at = 0.0
        self._schema_errors = 0
        """Of the market pool, at the last inspection."""

    async def shape(self) -> MarketShape:
        """What the market database has. Cached until a query fails on its schema; while tables are missing it is
        inspected again now and then."""
        current, errors = self._shape, self.market.schema_errors
        recent = time.monotonic() - self._inspected_at < INSPECT_AGAIN_SECONDS
        if current is not None and errors == self._schema_errors and (current.settled or recent):
            return current
        async with self.market.acquire() as connection:
            self._shape = await inspect(connection)
        self._schema_errors = errors
        self._inspected_at = time.monotonic()
        return self._shape

    async def lacking(self, *parts: str) -> list[str]:
        """What the market database lacks, in words; empty while it is away."""
        try:
            return (await self.shape()).lacking(*parts)
        except Unavailable:
            return []

    async def close(self) -> None:
        await asyncio.gather(self.own.close(), self.market.close())
