"""The flow board as a table for programs."""

from collections.abc import Iterable, Sequence

from app.finance.detections import Tier
from app.indicators import words
from app.patterns.queries import Detection
from app.web.formats import Cell, ColumnKind, TableColumn, TableDocument
from app.wire.events.event import IndicatorAlert

INDICATORS = "indicators"
COLUMNS = (
    TableColumn("column", "Column"),
    TableColumn("time", "Time", ColumnKind.TIME),
    TableColumn("symbol", "Symbol"),
    TableColumn("pattern", "Pattern or signal"),
    TableColumn("timeframe", "Timeframe"),
    TableColumn("direction", "Direction"),
    TableColumn("confidence", "Confidence", ColumnKind.NUMBER),
    TableColumn("value", "Value of the indicator", ColumnKind.NUMBER),
    TableColumn("price", "Price", ColumnKind.NUMBER),
    TableColumn("expired", "Expired", ColumnKind.FLAG),
)


def flow_document(
    columns: Iterable[tuple[Tier, Sequence[Detection]]], alerts: Iterable[IndicatorAlert], zone: str, as_of: float
) -> TableDocument:
    """`columns`: the detections of each tier. A signal has no confidence, a detection no value."""
    rows = [_detection(tier, each) for tier, detections in columns for each in detections]
    return TableDocument("flow", COLUMNS, [*rows, *map(_signal, alerts)], zone, as_of)


def _detection(tier: Tier, detection: Detection) -> tuple[Cell, ...]:
    symbol, pattern, timeframe, confidence, direction, at, price, expired = detection
    return tier, at, symbol, pattern, timeframe, direction, confidence, None, price, expired


def _signal(alert: IndicatorAlert) -> tuple[Cell, ...]:
    direction = words.alert(alert.alert)[1]
    return INDICATORS, alert.at, alert.symbol, alert.alert, alert.timeframe, direction, None, alert.value, None, None
