"""One detection as a table for programs."""

from collections.abc import Mapping

from app.db.analysis_tables import HORIZONS
from app.patterns import table as patterns
from app.patterns.details.queries import DetectionDetails
from app.patterns.queries import Detection
from app.web.formats import ColumnKind, TableColumn, TableDocument

COLUMNS = (
    *patterns.COLUMNS,
    TableColumn("tier", "Tier"),
    TableColumn("until", "Until", ColumnKind.TIME),
    TableColumn("stop", "Stop", ColumnKind.NUMBER),
    TableColumn("target", "Target", ColumnKind.NUMBER),
    TableColumn("levels", "Levels"),
    *(TableColumn(f"return_{bars}", f"Return, {bars}", ColumnKind.NUMBER) for bars in HORIZONS),
)


def details_document(
    detection: Detection, details: DetectionDetails, returns: Mapping[int, float], zone: str, as_of: float
) -> TableDocument:
    """One row. `returns`: by number of bars, fractions: 0.01 for 1 %. `levels`: names and prices in one text."""
    levels = "; ".join(f"{name} {price}" for name, price in details.levels)
    cells = (
        *patterns.cells(detection),
        details.tier,
        details.until,
        details.stop_loss,
        details.target_price,
        levels,
        *(returns.get(bars) for bars in HORIZONS),
    )
    return TableDocument("detection", COLUMNS, [cells], zone, as_of)
