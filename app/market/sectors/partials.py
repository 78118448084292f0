"""Sectors and universes as HTML."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.market.sectors.group_map import MapGroup
from app.market.sectors.groups import GroupFigures
from app.web.html import fragment

MOST_DRAWN = 2048
"""Boxes that are remembered: in most seconds most of them stay as they are."""


class GroupRow(NamedTuple):
    """`id`: of its element."""

    group: GroupFigures
    id: str
    cells: Markup


def cells(group: GroupFigures, view: View) -> Markup:
    """Symbols, mean change, and how many advance and decline."""
    return fragment("sectors/cells", group=group, view=view)


@lru_cache(maxsize=MOST_DRAWN)
def box(id: str, label: str, shade: str, change: str) -> Markup:  # noqa: A002 - of its element
    """What of a box on the map changes. `change`: in percent, as it is written."""
    return fragment("sectors/box", id=id, label=label, shade=shade, change=change)


def map(by: str, groups: Sequence[MapGroup], boxes: Mapping[str, Markup]) -> Markup:  # noqa: A001 - the file's name
    """`boxes`: by the id of each cell."""
    return fragment("sectors/map", by=by, groups=groups, boxes=boxes)


def rows(key: str, rows: Sequence[GroupRow]) -> Markup:
    """The body of a table; `key`: its id."""
    return fragment("sectors/rows", key=key, rows=rows)
