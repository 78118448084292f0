"""Looks at what is stored: a few questions to the database, and the rest by the calendar."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from app.db.market import MarketShape
from app.engine.coverage import queries
from app.engine.coverage.periods import Period, edges, on_half_hours, periods
from app.engine.coverage.queries import Finding, Link, Listed, Stored
from app.engine.coverage.result import Asked, Coverage, Explained, Extent, Fault, Missing, Suspect
from app.engine.loads.sources.timeframes import FRAMES, period
from app.finance.bars import Timeframe
from app.finance.history import Move

NOTHING = Stored("", None, None, None, 0)
SAME_PRICES = 0.01
"""How far the stored change may be from that of a known move."""
FAULTS: tuple[Fault, ...] = ("no_price", "crossed", "no_volume", "jump", "repeated")


async def look(
    connection: Link, shape: MarketShape, asked: Asked, counts: str | None = None, moves: Sequence[Move] = ()
) -> Coverage:
    """Within one moment of the database. Nothing is known of a timeframe that has no table or no bar.

    `counts`: of minutes by the half hour, if the database has them and they are as of now. `moves`: jumps with their
    reasons; one counts where the stored prices are those that it tells of.
    """
    nothing = Coverage(asked.timeframe, asked.since, asked.until, [], [], [])
    bars = queries.source(shape, asked.timeframe)
    if bars is None:
        return nothing
    dated = FRAMES[asked.timeframe].dated
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await queries.make_room(connection)
        found = await queries.bounds(connection, bars, dated=dated)
        if found is None:
            return nothing
        since, until = edges(asked.timeframe, asked.since or found[0], asked.until or found[1])
        expected = periods(asked.timeframe, since, until)
        if not expected:
            return nothing
        if not dated:
            counted = counts if asked.timeframe == "1min" and on_half_hours(expected) else None
            bars = counted or queries.by_bar(bars)
        stored = await queries.stored(connection, bars, asked, expected, until)
        findings = await queries.findings(connection, shape, bars, asked, expected)
        splits = await queries.splits(connection, shape, bars, asked, expected)
        strays = await queries.strays(connection, bars, asked, expected, since, until) if dated else []
        listed = await queries.listed(connection, shape, asked.symbols)
    wanted = Expected(asked.timeframe, expected, stored, listed)
    explained = [*_explained(findings, splits, moves)]
    findings = _without_jumps(findings, explained)
    suspects = [*_faulty(findings, splits), *(Suspect(symbol, day, ("closed",)) for symbol, day in strays)]
    missing = sorted([*wanted.between(findings), *wanted.around()])
    return Coverage(asked.timeframe, since, until, wanted.extents(), missing, sorted(suspects), explained)


class Expected:
    """Of every symbol the periods that there should be, by their places in the list of all."""

    def __init__(
        self, timeframe: Timeframe, periods: Sequence[Period], stored: Iterable[Stored], listed: Iterable[Listed]
    ) -> None:
        self._frame = FRAMES[timeframe]
        self._days = [each.day for each in periods]
        self._bars = [each.bars for each in periods]
        self._stored = {each.symbol: each for each in stored}
        known = {each.symbol: each for each in listed}
        self._spans = {symbol: self._span(symbol, known.get(symbol)) for symbol in sorted({*self._stored, *known})}

    def extents(self) -> list[Extent]:
        found = []
        for symbol, (first, end) in self._spans.items():
            have = self._stored.get(symbol, NOTHING)
            found.append(Extent(symbol, have.first, have.last, have.bars, sum(self._bars[first:end])))
        return found

    def around(self) -> Iterator[Missing]:
        """Before the first bar and after the last."""
        for symbol, (first, end) in self._spans.items():
            have = self._stored.get(symbol, NOTHING)
            if have.begun is None or have.last is None:
                yield from self._missing(symbol, first, end)
            else:
                yield from self._missing(symbol, first, self._place(have.begun))
                yield from self._missing(symbol, self._place(have.last) + 1, end)

    def between(self, findings: Iterable[Finding]) -> Iterator[Missing]:
        for each in findings:
            if each.gap and each.day0:
                yield from self._missing(each.symbol, self._place(each.day0) + 1, self._place(each.day))
            if each.short:
                yield Missing(each.symbol, each.day, each.day, each.short)

    def _span(self, symbol: str, known: Listed | None) -> tuple[int, int]:
        """From listing, or from the first bar where that is earlier or all that is known; what is delisted ends with
        its last."""
        have = self._stored.get(symbol, NOTHING)
        begins = [day for day in (known and known.day, have.first) if day]
        first = self._place(period(self._frame, min(begins))) if begins else 0
        if known and not known.active:
            return first, self._place(have.last) + 1 if have.last else first
        return first, len(self._days)

    def _missing(self, symbol: str, first: int, end: int) -> Iterator[Missing]:
        if first < end:
            yield Missing(symbol, self._days[first], self._days[end - 1], sum(self._bars[first:end]))

    def _place(self, day: date) -> int:
        return bisect_left(self._days, day)


def _explained(
    findings: Iterable[Finding], splits: Mapping[tuple[str, date], bool], moves: Sequence[Move]
) -> Iterator[Explained]:
    by_day = {(move.symbol, move.day): move for move in moves}
    for each in findings:
        move = by_day.get((each.symbol, each.day))
        if move is None or not each.jump or each.rate is None or (each.symbol, each.day) in splits:
            continue
        if abs(each.rate * move.before / move.open - 1) < SAME_PRICES:
            yield Explained(each.symbol, each.day, move.reason)


def _without_jumps(findings: Iterable[Finding], explained: Iterable[Explained]) -> list[Finding]:
    places = {(each.symbol, each.day) for each in explained}
    return [each._replace(jump=False) if (each.symbol, each.day) in places else each for each in findings]


def _faulty(findings: Iterable[Finding], splits: Mapping[tuple[str, date], bool]) -> Iterator[Suspect]:
    """`splits`: where one explains a change, or should have made one."""
    left = dict(splits)
    for each in findings:
        jump = left.pop((each.symbol, each.day), bool(each.jump))
        faults = tuple(fault for fault in FAULTS if (jump if fault == "jump" else getattr(each, fault)))
        if faults:
            yield Suspect(each.symbol, each.day, faults)
    yield from (Suspect(symbol, day, ("jump",)) for (symbol, day), jumped in left.items() if jumped)
