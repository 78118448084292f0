"""The topics of sectors and of universes: rows of a table, and boxes on a map."""

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from app.identity import View
from app.live.topics import Topic
from app.market.overview.overview import MarketOverview
from app.market.sectors import group_map, partials
from app.market.sectors.group_map import MapCell, MapGroup
from app.market.sectors.groups import GroupFigures
from app.market.sectors.partials import GroupRow
from app.push import Push
from app.web import numbers, times
from app.web.filters import dom_id

SECTORS = Topic("sectors")
UNIVERSES = Topic("universes")
MOST_GROUPS = 40
"""Rows of a table; the heaviest."""
MOST_UNIVERSES = 16
"""Boxes on the map."""


class GroupView(NamedTuple):
    rows: Sequence[GroupFigures]
    map: Sequence[MapGroup]


def groups(topic: str, overview: MarketOverview) -> GroupView:
    if topic == SECTORS:
        return GroupView(
            overview.sectors[:MOST_GROUPS], group_map.sector_map(overview.sectors, overview.figures, overview.weights)
        )
    return GroupView(overview.universes[:MOST_GROUPS], group_map.universe_map(overview.universes[:MOST_UNIVERSES]))


def values(topic: str, group_view: GroupView) -> dict[str, Hashable]:
    """What is visible of the table, of each row and of each box, by the id of its element."""
    names: Hashable = tuple(sorted(group.name for group in group_view.rows))
    boxes: dict[str, Hashable] = {cell.id: cell.visible for cell in group_map.cells(group_view.map)}
    return {topic: names} | {_id(group): _visible(group) for group in group_view.rows} | boxes


def pushes(topic: str, group_view: GroupView, changed: Sequence[str]) -> list[Push]:
    boxes = [_box_push(topic, cell) for cell in group_map.cells(group_view.map) if cell.id in changed]
    if topic in changed:
        return [Push(topic, topic, "morph", lambda view: table(topic, group_view.rows, view)), *boxes]
    return [*(_row_push(topic, group) for group in group_view.rows if _id(group) in changed), *boxes]


def table(topic: str, rows: Iterable[GroupFigures], view: View) -> Markup:
    return partials.rows(topic, [GroupRow(group, _id(group), partials.cells(group, view)) for group in rows])


def drawn_map(topic: str, map_groups: Sequence[MapGroup], view: View) -> Markup:
    boxes = {cell.id: _box(cell, view) for cell in group_map.cells(map_groups)}
    return partials.map(topic, map_groups, boxes)


def _row_push(topic: str, group: GroupFigures) -> Push:
    return Push(topic, _id(group), "cells", lambda view: partials.cells(group, view))


def _box_push(topic: str, cell: MapCell) -> Push:
    return Push(topic, cell.id, "replace", lambda view: _box(cell, view))


def _box(cell: MapCell, view: View) -> Markup:
    if cell.fraction is None:
        return partials.box(cell.id, cell.label, cell.shade, times.MISSING)
    return partials.box(cell.id, cell.label, cell.shade, f"{numbers.signed(100 * cell.fraction, 1, view)}%")


def _id(group: GroupFigures) -> str:
    return dom_id("group", group.name)


def _visible(group: GroupFigures) -> Hashable:
    """As many digits as are written."""
    change = None if group.change is None else round(group.change, 4)
    return group.symbols, change, group.advancing, group.declining
