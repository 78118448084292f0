"""A lease (app.leases): work that one process does for all of them, until it ends or is not heard of any more."""

import asyncio
import secrets

from app.db.connection import DatabaseConnection
from app.db.errors import Unavailable
from app.db.pools import Pool

SECONDS = 15.0
"""For which a lease lasts, by the clock of PostgreSQL; its holder counts from before it asked."""

TAKE = """
insert into app.leases as held (name, holder, expires_at) values ($1, $2, now() + make_interval(secs => $3))
on conflict (name) do update
   set holder = excluded.holder, expires_at = excluded.expires_at,
       term = held.term + (held.holder <> excluded.holder)::int
 where held.holder = excluded.holder or held.expires_at < now()
returning term
"""


HOLDS = "select true from app.leases where name = $1 and holder = $2 and expires_at > now() for share"


class Lease:
    def __init__(self, pool: Pool, name: str, seconds: float = SECONDS) -> None:
        self.term = 0
        """A number that grows from holder to holder; 0 before the first time."""
        self._pool, self._name, self._seconds = pool, name, seconds
        self._holder = secrets.token_hex(8)
        self._until = 0.0

    @property
    def is_held(self) -> bool:
        """Whether no other process can have it now."""
        return asyncio.get_running_loop().time() < self._until

    async def take(self) -> bool:
        """Takes or renews it; whether it is held now. While the database is away it is held until it lapses."""
        began = asyncio.get_running_loop().time()
        try:
            async with self._pool.acquire() as connection:
                term = await connection.fetchval(TAKE, self._name, self._holder, self._seconds)
        except Unavailable:
            return self.is_held
        self._until = began + self._seconds if term else 0.0
        self.term = term or self.term
        return self.is_held

    async def holds(self, connection: DatabaseConnection) -> bool:
        """Whether it is held until the transaction ends: nobody else can take it before. Of its own database."""
        return bool(await connection.fetchval(HOLDS, self._name, self._holder))

    async def release(self) -> None:
        """Another process may take it at once."""
        self._until = 0.0
        try:
            async with self._pool.acquire() as connection:
                await connection.execute(
                    "update app.leases set expires_at = now() - interval '1 second' where name = $1 and holder = $2",
                    self._name,
                    self._holder,
                )
        except Unavailable:
            return
