"""Lists of movers as HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.market.movers.ranking import Mover
from app.web.html import fragment


class MoverRow(NamedTuple):
    """`id`: of its element."""

    mover: Mover
    id: str
    cells: Markup


def cells(key: str, mover: Mover, view: View) -> Markup:
    """Of the list with that key: what it is ordered by, else the price; and the change."""
    return fragment("movers/cells", key=key, mover=mover, view=view)


def rows(key: str, rows: Sequence[MoverRow]) -> Markup:
    """The body of a table; `key`: of the list, its id."""
    return fragment("movers/rows", key=key, rows=rows)
