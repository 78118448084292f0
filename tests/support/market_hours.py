"""The end-of-day schedule, run with clocks that the test sets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, time

from app import db, wire
from app.db.pools import Pool
from app.engine.eod.day_close import Event
from app.engine.eod.schedule import DayCloseSchedule, ScheduleHooks
from app.finance.clock import MarketClock
from app.finance.sessions import NEW_YORK, regular
from app.wire.state.day_results import DayResult
from tests.support.running_engine import eventually


class CloseSimulation:
    """A schedule with a simulated wall clock; `then` are calls at given times of that clock."""

    def __init__(self, pool: Pool, day: date, at: time) -> None:
        self.wall = wall_time(day, at)
        self.day = day
        self.speed = 1.0
        self.away = False
        self.settling: list[Callable[[], Awaitable[object]]] = []
        self.events: list[Event] = []
        self.results: list[DayResult] = []
        self.then: list[tuple[float, Callable[[], Awaitable[object]]]] = []
        self.forgotten: list[tuple[date, int, bool]] = []
        self.cannot_forget = False
        hooks = ScheduleHooks(
            self.events.append, self.wait_stored, self.clock, self.announce, lambda: self.wall, self.sleep, self.forget
        )
        self.schedule = DayCloseSchedule(pool, hooks)

    @property
    def statuses(self) -> list[str]:
        return [event.status for event in self.events if event.status != "running"]

    async def wait_stored(self) -> None:
        await eventually(lambda: not self.settling)

    async def clock(self) -> MarketClock:
        if self.away:
            raise wire.RedisUnavailable("away")
        closes = regular(self.day).closes
        return MarketClock("live", "live", str(self.day), closes, self.wall, self.speed, "closed")

    async def announce(self, result: DayResult) -> None:
        self.results.append(result)

    async def forget(self, day: date, enough: Callable[[], bool]) -> None:
        """Records the day, the number of results announced before, and whether other work is due."""
        self.forgotten.append((day, len(self.results), enough()))
        if self.cannot_forget:
            raise db.Unavailable("away")

    async def sleep(self, seconds: float) -> None:
        self.wall += seconds
        for at, happens in [each for each in self.then if self.wall >= each[0]]:
            self.then.remove((at, happens))
            await happens()
        await asyncio.sleep(0)

    def at(self, clock: time, happens: Callable[[], Awaitable[object]]) -> None:
        self.then.append((wall_time(self.day, clock), happens))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.schedule.run())
        yield
        task.cancel()
        await asyncio.wait([task])

    async def closed(self, count: int = 1) -> None:
        async with self.running():
            await eventually(lambda: len(self.results) >= count, 60)


def wall_time(day: date, clock: time) -> float:
    return datetime.combine(day, clock, NEW_YORK).timestamp()
