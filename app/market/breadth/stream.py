"""The topic of the market's breadth and of the stages of its trends."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from app.identity import View
from app.live.topics import Topic
from app.market.breadth import partials
from app.market.breadth.counts import BreadthCount
from app.market.breadth.partials import BreadthRow
from app.market.overview.overview import MarketOverview
from app.market.scan_paths import scan_path
from app.push import Push
from app.web.filters import dom_id

BREADTH = Topic("breadth")

Lines = Mapping[str, str]
"""Path of the history by the key of a measure."""


def counts(overview: MarketOverview) -> dict[str, BreadthCount]:
    """By key."""
    return {count.measure.key: count for count in (*overview.breadth, *overview.stages)}


def pushes(changed: Iterable[BreadthCount]) -> list[Push]:
    return [_push(count) for count in changed]


def table(key: str, some: Iterable[BreadthCount], lines: Lines, points: int, view: View) -> Markup:
    """`points`: of each line; 0 for a table without lines."""
    rows = [
        BreadthRow(count, scan_path(count.measure.rule), partials.cells(count, view), lines.get(count.measure.key, ""))
        for count in some
    ]
    return partials.rows(key, rows, points, view)


def _push(count: BreadthCount) -> Push:
    return Push(BREADTH, dom_id(f"breadth-{count.measure.key}"), "cells", lambda view: partials.cells(count, view))
