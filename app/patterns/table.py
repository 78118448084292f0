"""Detections as a table for programs."""

from collections.abc import Iterable

from app.patterns.queries import Detection
from app.web.formats import ColumnKind, TableColumn, TableDocument

COLUMNS = (
    TableColumn("time", "Time", ColumnKind.TIME),
    TableColumn("symbol", "Symbol"),
    TableColumn("pattern", "Pattern"),
    TableColumn("timeframe", "Timeframe"),
    TableColumn("direction", "Direction"),
    TableColumn("confidence", "Confidence", ColumnKind.NUMBER),
    TableColumn("price", "Price", ColumnKind.NUMBER),
    TableColumn("expired", "Expired", ColumnKind.FLAG),
)


def detection_document(detections: Iterable[Detection], zone: str, as_of: float, following: str = "") -> TableDocument:
    """`following`: query string of the detections after these."""
    rows = [
        (each.at, each.symbol, each.pattern, each.timeframe, each.direction, each.confidence, each.price, each.expired)
        for each in detections
    ]
    return TableDocument("patterns", COLUMNS, rows, zone, as_of, following)
