"""End-of-day processing of one session; a retry continues the same run."""

import time
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from app.db.pools import Pool
from app.engine.eod import queries
from app.engine.eod.queries import SymbolDay
from app.engine.eod.result import RECENT_SESSIONS, ClosedDay, UniverseCheck
from app.engine.loads.queries import unique_keys
from app.engine.storage import longer_bars
from app.engine.universes import queries as universes
from app.finance import calendar, sessions
from app.wire.events.event import ProcessingChanged, ProcessingProgressed
from app.wire.state.day_results import DayResult

PHASES = ("days", "weeks and months", "check")
ALL_SYMBOLS = "all symbols"
MOST_PUBLISHED = 10
WEEK, MONTH = timedelta(days=6), timedelta(days=31)

Event = ProcessingChanged | ProcessingProgressed
Publish = Callable[[Event], object]


class DayClose:
    """Raises db.Unavailable. `trigger`: automatic or manual."""

    def __init__(self, pool: Pool, publish: Publish, day: date, trigger: str = "automatic") -> None:
        self.run_id = f"eod-{day}"
        self._pool = pool
        self._publish = publish
        self._day = day
        self._trigger = trigger
        self._began = time.time()

    def result(self, closed: ClosedDay) -> DayResult:
        """The result as the contract's event."""
        every = closed.checks[0]
        status = "INCOMPLETE" if closed.incomplete else "COMPLETE"
        return DayResult(
            status=status,
            target_date=self._day.isoformat(),
            processing_time_minutes=self._minutes(),
            total_symbols=every.expected,
            completion_rate=every.share,
            validation_status=status,
            completed_symbols=every.expected - len(every.missing),
            missing_symbols=len(every.missing),
            missing_symbol_list=every.missing[:MOST_PUBLISHED],
            error=closed.summary,
        )

    def error_result(self, reason: str) -> DayResult:
        return DayResult(
            status="ERROR",
            target_date=self._day.isoformat(),
            processing_time_minutes=self._minutes(),
            validation_status="ERROR",
            error=reason,
        )

    async def run(self) -> ClosedDay:
        await self.begin()
        closed = await self.complete()
        await self.end(closed)
        return closed

    async def begin(self) -> None:
        async with self._pool.acquire() as connection:
            await queries.begin(connection, self.run_id, self._trigger, PHASES[0])
        self._publish_progress(ProcessingChanged, "started")

    async def complete(self) -> ClosedDay:
        """Fills, rolls up and checks; may be repeated when more bars are stored."""
        filled = await self._fill_days()
        self._publish_progress(ProcessingProgressed, "running", PHASES[1], 1)
        rolled = await self._roll_up()
        self._publish_progress(ProcessingProgressed, "running", PHASES[2], 2)
        return ClosedDay(self._day, filled, rolled, await self._check())

    async def end(self, closed: ClosedDay) -> None:
        async with self._pool.acquire() as connection:
            await queries.end(connection, self.run_id, closed)
        every = closed.checks[0]
        event = ProcessingChanged(
            at=time.time(),
            source="TickStockPL",
            run_id=self.run_id,
            status="failed" if closed.incomplete else "completed",
            phase=PHASES[-1],
            done=every.expected - len(every.missing),
            total=every.expected,
            failed=len(every.missing),
            trigger=self._trigger,
            seconds=time.time() - self._began,
            universes=tuple(each.universe for each in closed.checks),
            message=f"incomplete: {closed.summary}" if closed.incomplete else "",
        )
        self._publish(event)

    async def fail(self, reason: str) -> None:
        """Ends the run with an error that a retry would not mend."""
        async with self._pool.acquire() as connection:
            await queries.fail(connection, self.run_id, reason)
        event = ProcessingChanged(
            at=time.time(), source="TickStockPL", run_id=self.run_id, status="failed", message=reason
        )
        self._publish(event)

    async def _fill_days(self) -> int:
        session = sessions.regular(self._day)
        async with self._pool.acquire() as connection:
            await queries.phase(connection, self.run_id, PHASES[0])
            if {"symbol", "date"} not in await unique_keys(connection, "ohlcv_daily"):
                return 0
            return await queries.fill(connection, self._day, session.opens, session.closes)

    async def _roll_up(self) -> int:
        monday, first = self._day - timedelta(days=self._day.weekday()), self._day.replace(day=1)
        last = (first + MONTH).replace(day=1) - timedelta(days=1)
        async with self._pool.acquire() as connection:
            await queries.phase(connection, self.run_id, PHASES[1])
            weeks = months = 0
            # A foreign schema may lack these tables, use the end of a week as key, or have no unique key.
            if {"symbol", "week_start"} in await unique_keys(connection, "ohlcv_weekly"):
                weeks = await longer_bars.roll(connection, "week", monday, monday + WEEK)
            if {"symbol", "month_start"} in await unique_keys(connection, "ohlcv_monthly"):
                months = await longer_bars.roll(connection, "month", first, last)
        return weeks + months

    async def _check(self) -> tuple[UniverseCheck, ...]:
        async with self._pool.acquire() as connection:
            await queries.phase(connection, self.run_id, PHASES[2])
            symbol_days = await queries.symbol_days(connection, self._day, _sessions_before(self._day, RECENT_SESSIONS))
            universe_list = await universes.all_of(connection)
        checks = [_check_universe(ALL_SYMBOLS, symbol_days, tuple(symbol_days))]
        checks += [_check_universe(each.title, symbol_days, each.members) for each in universe_list]
        return tuple(each for at, each in enumerate(checks) if each.expected or at == 0)

    def _minutes(self) -> float:
        return round((time.time() - self._began) / 60, 3)

    def _publish_progress(self, kind: type[Event], status: str, phase: str = PHASES[0], done: int = 0) -> None:
        share = done / len(PHASES) if kind is ProcessingProgressed else None
        self._publish(
            kind(
                at=time.time(),
                source="TickStockPL",
                run_id=self.run_id,
                status=status,
                phase=phase,
                phases=PHASES,
                share=share,
                trigger=self._trigger,
            )
        )


def _check_universe(name: str, symbol_days: Mapping[str, SymbolDay], members: tuple[str, ...]) -> UniverseCheck:
    members_of_day = {symbol: symbol_days[symbol] for symbol in members if symbol in symbol_days}
    expected = [symbol for symbol, standing in members_of_day.items() if standing.expected]
    missing = sorted(symbol for symbol in expected if not members_of_day[symbol].has_bar)
    return UniverseCheck(name, len(expected), tuple(missing), tuple(sorted(members_of_day.keys() - set(expected))))


def _sessions_before(day: date, count: int) -> date:
    for _ in range(count):
        day = calendar.previous_session(day)
    return day
