"""The topic of the market's breadth and of the stages of its trends."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from app.identity import View
from app.live.topics import Topic
from app.market.breadth import partials
from app.market.breadth.counts import BreadthCount
from app.market.breadth.history import SESSIONS, BreadthHistory
from app.market.breadth.partials import BreadthRow
from app.market.overview.overview import MarketOverview
from app.market.scan_paths import scan_path
from app.push import Push
from app.web import sparkline
from app.web.filters import dom_id

BREADTH = Topic("breadth")
POINTS = SESSIONS + 1
"""Of a line: the last sessions and this moment."""

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


def lines(history: BreadthHistory, overview: MarketOverview) -> Lines:
    """The shares of the last sessions, with those of this moment."""
    is_newer = not history.days or overview.figures.session != history.days[-1]
    return {
        figure.measure.key: line
        for figure in overview.breadth
        if (line := _line([*history.shares.get(figure.measure.key, ()), *([figure.share] if is_newer else [])]))
    }


def _line(shares: Sequence[float | None]) -> str:
    values = [share for share in shares if share is not None]
    return sparkline.path(sparkline.levels(values, min(values), max(values))) if len(values) > 1 else ""


def _push(count: BreadthCount) -> Push:
    return Push(BREADTH, dom_id(f"breadth-{count.measure.key}"), "cells", lambda view: partials.cells(count, view))
