"""Draws the indicators of a symbol."""

from collections.abc import Sequence

from markupsafe import Markup

from app.identity import View
from app.indicators import matrix, partials
from app.indicators.board import TimeframeReadings
from app.indicators.partials import DrawnRow, MatrixColumn


def draw_readings(symbol: str, groups: Sequence[TimeframeReadings], view: View) -> Markup:
    columns = [MatrixColumn(group.timeframe, group.at) for group in groups]
    rows = [
        DrawnRow(row.name, row.path, [partials.reading(each, view) if each else None for each in row.cells])
        for row in matrix.rows(groups)
    ]
    return partials.readings(symbol, columns, rows)
