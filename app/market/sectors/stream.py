"""The topics of sectors and of universes."""

from collections.abc import Hashable, Iterable, Sequence

from markupsafe import Markup

from app.identity import View
from app.live.topics import Topic
from app.market.overview.overview import MarketOverview
from app.market.sectors import partials
from app.market.sectors.groups import GroupFigures
from app.market.sectors.partials import GroupRow
from app.push import Push
from app.web.filters import dom_id

SECTORS = Topic("sectors")
UNIVERSES = Topic("universes")
MOST_GROUPS = 40
"""Rows of a table; the heaviest."""


def groups(topic: str, overview: MarketOverview) -> list[GroupFigures]:
    return (overview.sectors if topic == SECTORS else overview.universes)[:MOST_GROUPS]


def values(topic: str, some: Sequence[GroupFigures]) -> dict[str, Hashable]:
    """What is visible of the table and of each row, by the id of its element."""
    names: Hashable = tuple(sorted(group.name for group in some))
    return {topic: names} | {_id(group): _visible(group) for group in some}


def pushes(topic: str, some: Sequence[GroupFigures], changed: Sequence[str]) -> list[Push]:
    if topic in changed:
        return [Push(topic, topic, "morph", lambda view: table(topic, some, view))]
    return [_row_push(topic, group) for group in some if _id(group) in changed]


def table(topic: str, some: Iterable[GroupFigures], view: View) -> Markup:
    return partials.rows(topic, [GroupRow(group, _id(group), partials.cells(group, view)) for group in some])


def _row_push(topic: str, group: GroupFigures) -> Push:
    return Push(topic, _id(group), "cells", lambda view: partials.cells(group, view))


def _id(group: GroupFigures) -> str:
    return dom_id("group", group.name)


def _visible(group: GroupFigures) -> Hashable:
    """As many digits as are written."""
    change = None if group.change is None else round(group.change, 4)
    return group.symbols, change, group.advancing, group.declining
