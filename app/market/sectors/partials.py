"""Sectors and universes as HTML."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.market.sectors.groups import GroupFigures
from app.web.html import fragment


class GroupRow(NamedTuple):
    """`id`: of its element."""

    group: GroupFigures
    id: str
    cells: Markup


def cells(group: GroupFigures, view: View) -> Markup:
    """Symbols, mean change, and how many advance and decline."""
    return fragment("sectors/cells", group=group, view=view)


def rows(key: str, rows: Sequence[GroupRow]) -> Markup:
    """The body of a table; `key`: its id."""
    return fragment("sectors/rows", key=key, rows=rows)
