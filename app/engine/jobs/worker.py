"""Does what a plan says, from the provider or, where there is no key for one, from the shipped history."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from app.db.pools import Pool
from app.engine.jobs.plan import Plan
from app.engine.loads.load import Outcome, load
from app.engine.loads.providers.history import Progress, ProviderLoad, Wanted
from app.engine.loads.providers.request_pace import Pace
from app.engine.loads.providers.rest import Rest
from app.engine.loads.sources.shipped import SOURCE, Shipped
from app.engine.loads.sources.timeframes import FRAMES, Frame
from app.engine.loads.writer import Keeper

NO_KEY = "from the shipped history; MASSIVE_API_KEY is not set, and without it there is no more"


class Origin(NamedTuple):
    """Where bars come from."""

    history: Path
    history_until: date
    rest_url: str
    key: str
    """Empty: there is no provider."""
    per_minute: float


class Standing(NamedTuple):
    """How far a job is. `done` and `total` count each symbol once for each timeframe."""

    total: int
    done: int = 0
    current: str = ""
    successful: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    records: int = 0
    refused: int = 0
    share: float = 0.0
    note: str = ""


class Work:
    """Raises Unreadable, Refused, Unreachable and db.Unavailable."""

    def __init__(
        self, plan: Plan, origin: Origin, pool: Pool, told: Callable[[Standing], object], stop: asyncio.Event
    ) -> None:
        self._plan = plan
        self._origin = origin
        self._pool = pool
        self._told = told
        self._stop = stop
        self._pace = Pace(origin.per_minute)
        self._missed: set[str] = set()
        self.standing = Standing(len(plan.symbols) * max(1, len(plan.frames)))

    async def run(self) -> Standing:
        """Whether it was called off shows in `stop`."""
        if not self._plan.frames:
            await (await self._keeper(FRAMES["daily"])).know(self._plan.symbols)
        for at, frame in enumerate(self._plan.frames):
            if self._stop.is_set():
                return self.standing
            base = at * len(self._plan.symbols)
            await (self._from_provider(frame, base) if self._origin.key else self._from_shipped(frame, base))
        if not self._stop.is_set():
            good = tuple(symbol for symbol in self._plan.symbols if symbol not in self._missed)
            self._say(done=self.standing.total, current="", successful=good, share=1.0)
        return self.standing

    async def _from_provider(self, frame: Frame, base: int) -> None:
        origin, span, before = self._origin, self._plan.span, self.standing
        rest = Rest(origin.rest_url, origin.key, self._pace, self._stop)

        def told(now: Progress) -> None:
            done = base + len(now.successful) + len(now.failed)
            records, refused = before.records + now.stored, before.refused + now.refused
            self._say(done=done, current=now.current, records=records, refused=refused, share=done / before.total)

        try:
            # The span is part of the load's name: what is asked for anew tomorrow is another load.
            wanted = Wanted(self._plan.symbols, frame, span, str(span.last), frame == self._plan.frames[0])
            done = await ProviderLoad(wanted, rest, await self._keeper(frame), told, span.last).run()
        finally:
            await rest.close()
        self._miss(set(done.failed))

    async def _from_shipped(self, frame: Frame, base: int) -> None:
        before, wanted = self.standing, frozenset(self._plan.symbols)
        found: frozenset[str] = frozenset()
        if frame.name == "daily":
            source = Shipped(self._origin.history, self._origin.history_until, wanted)

            def told(now: Outcome) -> None:
                share = (base + now.share * len(wanted)) / before.total
                self._say(records=before.records + now.stored, refused=before.refused + now.refused, share=share)

            today = datetime.now(UTC).date()
            keeper = await self._keeper(frame)
            outcome = await load(source, frame, keeper, today, told, self._stop)
            await keeper.add_splits(source.splits, SOURCE)
            found = outcome.known
        self._miss(set(wanted - found))
        self._say(done=base + len(wanted), note=NO_KEY)

    async def _keeper(self, frame: Frame) -> Keeper:
        keeper = Keeper(self._pool, frame)
        await keeper.open()
        return keeper

    def _miss(self, symbols: set[str]) -> None:
        if not self._stop.is_set():
            self._missed |= symbols
            self._say(failed=tuple(symbol for symbol in self._plan.symbols if symbol in self._missed))

    def _say(self, **changed: object) -> None:
        self.standing = self.standing._replace(**changed)  # type: ignore[arg-type]
        self._told(self.standing)
