"""Statistics of patterns as a table for programs."""

from collections.abc import Iterable, Iterator

from app.db.analysis_tables import HORIZONS
from app.patterns.statistics.outcomes import PatternOutcomes
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

COLUMNS = (
    TableColumn("pattern", "Pattern"),
    TableColumn("timeframe", "Timeframe"),
    TableColumn("direction", "Direction"),
    *(
        column
        for bars in HORIZONS
        for column in (
            TableColumn(f"cases_{bars}", f"Cases, {bars}", ColumnKind.NUMBER),
            TableColumn(f"hit_rate_{bars}", f"Hits, {bars}", ColumnKind.NUMBER),
            TableColumn(f"mean_return_{bars}", f"Return, {bars}", ColumnKind.NUMBER),
        )
    ),
)


def statistics_document(outcomes: Iterable[PatternOutcomes], zone: str, as_of: float) -> TableDocument:
    """Hit rates and returns are fractions: 0.01 for 1 %."""
    return TableDocument("pattern-statistics", COLUMNS, [[*_cells(each)] for each in outcomes], zone, as_of)


def _cells(outcomes: PatternOutcomes) -> Iterator[Cell]:
    yield from outcomes.name
    for place, sums in enumerate(outcomes.returns):
        yield from (sums.cases, outcomes.hit_rate(place), sums.mean)
