"""Measures the coverage of stored bars: missing and suspicious bars by the exchange's calendar."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from app.db.market import MarketShape
from app.engine.coverage import queries
from app.engine.coverage.periods import Period, edges, on_half_hours, periods
from app.engine.coverage.queries import BarFinding, Connection, ListedSymbol, StoredBars
from app.engine.coverage.result import Coverage, CoverageQuery, ExplainedJump, Extent, Fault, Missing, Suspect
from app.engine.loads.sources.timeframes import LOAD_TIMEFRAMES, period
from app.finance.bars import Timeframe
from app.finance.history import LargeMove

NOTHING = StoredBars("", None, None, None, 0)
SAME_PRICES = 0.01
"""Largest relative difference between a stored change and that of a known move."""
FAULTS: tuple[Fault, ...] = ("no_price", "crossed", "no_volume", "jump", "repeated")


async def measure_coverage(
    connection: Connection,
    shape: MarketShape,
    query: CoverageQuery,
    counts: str | None = None,
    moves: Sequence[LargeMove] = (),
) -> Coverage:
    """Reads one snapshot of the database. Empty for a timeframe without a table or bars. `counts`: the table of minutes
    by half hour, if it is up to date. `moves`: known price jumps; one counts where the stored prices match it."""
    nothing = Coverage(query.timeframe, query.since, query.until, [], [], [])
    bars = shape.bars(query.timeframe)
    if bars is None:
        return nothing
    dated = LOAD_TIMEFRAMES[query.timeframe].dated
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await queries.make_room(connection)
        bounds = await queries.bounds(connection, bars, dated=dated)
        if bounds is None:
            return nothing
        since, until = edges(query.timeframe, query.since or bounds[0], query.until or bounds[1])
        expected = periods(query.timeframe, since, until)
        if not expected:
            return nothing
        if not dated:
            half_hours = counts if query.timeframe == "1min" and on_half_hours(expected) else None
            bars = half_hours or queries.by_bar(bars)
        stored_bars = await queries.stored_bars(connection, bars, query, expected, until)
        findings = await queries.findings(connection, shape, bars, query, expected)
        splits = await queries.splits(connection, shape, bars, query, expected)
        strays = await queries.strays(connection, bars, query, expected, since, until) if dated else []
        listed = await queries.listed_symbols(connection, shape, query.symbols)
    expected_bars = ExpectedBars(query.timeframe, expected, stored_bars, listed)
    jumps = [*_explained(findings, splits, moves)]
    findings = _without_jumps(findings, jumps)
    suspects = [*_faulty(findings, splits), *(Suspect(symbol, day, ("closed",)) for symbol, day in strays)]
    missing = sorted([*expected_bars.between(findings), *expected_bars.around()])
    return Coverage(query.timeframe, since, until, expected_bars.extents(), missing, sorted(suspects), jumps)


class ExpectedBars:
    """The expected periods of every symbol, as ranges of indices."""

    def __init__(
        self,
        timeframe: Timeframe,
        periods: Sequence[Period],
        stored_bars: Iterable[StoredBars],
        listed: Iterable[ListedSymbol],
    ) -> None:
        self._frame = LOAD_TIMEFRAMES[timeframe]
        self._days = [each.day for each in periods]
        self._bars = [each.bars for each in periods]
        self._stored_bars = {each.symbol: each for each in stored_bars}
        symbols = {each.symbol: each for each in listed}
        self._spans = {
            symbol: self._span(symbol, symbols.get(symbol)) for symbol in sorted({*self._stored_bars, *symbols})
        }

    def extents(self) -> list[Extent]:
        rows = []
        for symbol, (first, end) in self._spans.items():
            stored_bars = self._stored_bars.get(symbol, NOTHING)
            rows.append(
                Extent(symbol, stored_bars.first, stored_bars.last, stored_bars.bars, sum(self._bars[first:end]))
            )
        return rows

    def around(self) -> Iterator[Missing]:
        """Before the first bar and after the last."""
        for symbol, (first, end) in self._spans.items():
            stored_bars = self._stored_bars.get(symbol, NOTHING)
            if stored_bars.first_expected is None or stored_bars.last is None:
                yield from self._missing(symbol, first, end)
            else:
                yield from self._missing(symbol, first, self._index(stored_bars.first_expected))
                yield from self._missing(symbol, self._index(stored_bars.last) + 1, end)

    def between(self, findings: Iterable[BarFinding]) -> Iterator[Missing]:
        for each in findings:
            if each.gap and each.day0:
                yield from self._missing(each.symbol, self._index(each.day0) + 1, self._index(each.day))
            if each.short:
                yield Missing(each.symbol, each.day, each.day, each.short)

    def _span(self, symbol: str, listing: ListedSymbol | None) -> tuple[int, int]:
        """From listing or the first bar, whichever is earlier; until the last bar of a delisted symbol."""
        stored_bars = self._stored_bars.get(symbol, NOTHING)
        begins = [day for day in (listing and listing.day, stored_bars.first) if day]
        first = self._index(period(self._frame, min(begins))) if begins else 0
        if listing and not listing.active:
            return first, self._index(stored_bars.last) + 1 if stored_bars.last else first
        return first, len(self._days)

    def _missing(self, symbol: str, first: int, end: int) -> Iterator[Missing]:
        if first < end:
            yield Missing(symbol, self._days[first], self._days[end - 1], sum(self._bars[first:end]))

    def _index(self, day: date) -> int:
        return bisect_left(self._days, day)


def _explained(
    findings: Iterable[BarFinding], splits: Mapping[tuple[str, date], bool], moves: Sequence[LargeMove]
) -> Iterator[ExplainedJump]:
    by_day = {(move.symbol, move.day): move for move in moves}
    for each in findings:
        move = by_day.get((each.symbol, each.day))
        if move is None or not each.jump or each.rate is None or (each.symbol, each.day) in splits:
            continue
        if abs(each.rate * move.before / move.open - 1) < SAME_PRICES:
            yield ExplainedJump(each.symbol, each.day, move.reason)


def _without_jumps(findings: Iterable[BarFinding], explained: Iterable[ExplainedJump]) -> list[BarFinding]:
    places = {(each.symbol, each.day) for each in explained}
    return [each._replace(jump=False) if (each.symbol, each.day) in places else each for each in findings]


def _faulty(findings: Iterable[BarFinding], splits: Mapping[tuple[str, date], bool]) -> Iterator[Suspect]:
    """`splits`: by symbol and day, whether the price still jumps after the split."""
    left = dict(splits)
    for each in findings:
        jump = left.pop((each.symbol, each.day), bool(each.jump))
        faults = tuple(fault for fault in FAULTS if (jump if fault == "jump" else getattr(each, fault)))
        if faults:
            yield Suspect(each.symbol, each.day, faults)
    yield from (Suspect(symbol, day, ("jump",)) for (symbol, day), jumped in left.items() if jumped)
