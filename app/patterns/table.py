"""Detections as a table for programs."""

from collections.abc import Iterable

from app.patterns.queries import Detection
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument

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
    return TableDocument("patterns", COLUMNS, [cells(each) for each in detections], zone, as_of, following)


def cells(detection: Detection) -> tuple[Cell, ...]:
    """Of COLUMNS."""
    symbol, pattern, timeframe, confidence, direction, at, price, expired = detection
    return at, symbol, pattern, timeframe, direction, confidence, price, expired
