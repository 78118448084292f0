"""The queue of e-mails: each is stored first, then sent, and retried for a while; no request waits for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NoReturn

from app import db
from app.db.pools import Pool
from app.delivery.channel import DeliveryChannel, Message, Outcome, Result
from app.delivery.email import queries
from app.delivery.email.queries import DueEmail

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0
NOTHING_DUE = Outcome(Result.ACCEPTED)

Compose = Callable[[Any, DueEmail], Awaitable[Message | None]]
"""Writes its text, with a database connection; None if it is no longer due."""


class EmailSender:
    def __init__(self, pool: Pool, channel: DeliveryChannel, compose: Compose) -> None:
        self._pool = pool
        self._channel = channel
        self._compose = compose
        self._more = asyncio.Event()

    @property
    def on(self) -> bool:
        return self._channel.configured

    async def put(self, connection: Any, kind: str, email: str, *, account_only: bool = True) -> None:
        """Stores it in the caller's transaction, so that an announced e-mail is sent whatever fails afterwards.

        `account_only`: only an account of that address gets it. Otherwise the address does, with or without an account.
        """
        if self.on:
            await (queries.put if account_only else queries.put_to)(connection, kind, email)

    def wake(self) -> None:
        """Looks for stored e-mails now; to be called after that transaction."""
        self._more.set()

    async def run(self) -> None:
        if self.on:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._check())
                tasks.create_task(self._deliver())
        await asyncio.Event().wait()

    async def _check(self) -> None:
        """So that a wrong setting is logged at the start, and not with the first lost password."""
        outcome = await self._channel.check()
        if outcome.result is not Result.ACCEPTED:
            logger.warning("%s cannot be sent now: %s", self._channel.name, outcome.reason)

    async def _deliver(self) -> NoReturn:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._more.wait()
            self._more.clear()
            with suppress(db.Unavailable):  # what was claimed comes up again
                async with self._pool.acquire() as connection:
                    await queries.forget(connection)
                while await self._next():
                    pass

    async def _next(self) -> bool:
        """Claims one at a time: others would be claimed again elsewhere while a slow server delays this one."""
        async with self._pool.acquire() as connection:
            claimed = await queries.claim(connection, 1)
        for due in claimed:
            await self._try(due)
        return bool(claimed)

    async def _try(self, due: DueEmail) -> None:
        async with self._pool.acquire() as connection:
            message = await self._compose(connection, due)
        outcome = await self._channel.send(message) if message else NOTHING_DUE
        if outcome.result is not Result.ACCEPTED:
            logger.warning("e-mail %d not sent: %s", due.id, outcome.reason)
        async with self._pool.acquire() as connection:
            if outcome.result is Result.ACCEPTED:
                await queries.sent(connection, due)
            else:
                final = outcome.result is Result.PERMANENT
                await queries.failed(connection, due, outcome.reason, final=final)
