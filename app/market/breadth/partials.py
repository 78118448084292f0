"""Counts of the market's breadth as HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.market.breadth.counts import BreadthCount
from app.web.html import fragment


class BreadthRow(NamedTuple):
    """`line`: the path of its history, empty without one."""

    figure: BreadthCount
    path: str
    cells: Markup
    line: str


def cells(figure: BreadthCount, view: View) -> Markup:
    """Symbols, their share, and a bar of it."""
    return fragment("breadth/cells", figure=figure, view=view)


def rows(key: str, rows: Sequence[BreadthRow], points: int, view: View) -> Markup:
    """The body of a table; `key`: its id. `points`: of each line."""
    return fragment("breadth/rows", key=key, rows=rows, points=points, view=view)
