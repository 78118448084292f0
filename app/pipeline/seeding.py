"""Fills the board of quotes from the database at start, after a gap, and while quotes are incomplete."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from app.db.pools import Pools
from app.quotes import seed
from app.quotes.board import QuoteBoard
from app.wire.state.newest_quotes import NewestQuotes

INCOMPLETE_SECONDS, LONGEST_INCOMPLETE_SECONDS = 3.0, 60.0
COMPLETE_SECONDS = 300.0
"""Between two readings of what the database has of quotes; while the same number is incomplete each wait doubles."""


class Seeding:
    """`ready` is called after each reading; `resync` sends a topic's readers the whole of it."""

    def __init__(
        self,
        quotes: QuoteBoard,
        pools: Pools,
        newest: NewestQuotes,
        ready: Callable[[], None],
        resync: Callable[..., None],
    ) -> None:
        self._quotes, self._pools, self._newest = quotes, pools, newest
        self._ready, self._resync = ready, resync
        self._requested = asyncio.Event()

    def request(self) -> None:
        """Reads again as soon as possible, and then sends the board and the charts whole."""
        self._requested.set()

    async def run(self) -> NoReturn:
        incomplete, wait = -1, INCOMPLETE_SECONDS
        while True:
            requested = self._requested.is_set()
            self._requested.clear()
            await seed.seed(self._quotes, self._pools, self._newest, self._ready)
            if requested:
                self._resync("quotes", "chart")
            before, incomplete = incomplete, self._quotes.incomplete
            if not self._quotes.count or incomplete != before:
                wait = INCOMPLETE_SECONDS
            else:
                wait = min(LONGEST_INCOMPLETE_SECONDS, 2 * wait)
            await self._until_needed(wait if incomplete or not self._quotes.count else COMPLETE_SECONDS)

    async def _until_needed(self, seconds: float) -> None:
        """Until it is requested, until more quotes are incomplete (the first tick of a symbol says nothing of its
        previous close: the feed's newest quotes do), and until a session begins, for which the rows are ranked."""
        until, incomplete = time.monotonic() + seconds, self._quotes.incomplete
        while not self._is_needed(incomplete) and (rest := until - time.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(rest, INCOMPLETE_SECONDS)):
                    await self._requested.wait()
                    return

    def _is_needed(self, incomplete: int) -> bool:
        session_began = self._quotes.newest_session != self._quotes.most_active.session
        return session_began or self._quotes.incomplete > incomplete
