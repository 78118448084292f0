"""The page of what became of detected patterns."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from quart import Blueprint, abort, request
from quart.typing import ResponseReturnValue

from app import deps
from app.db.analysis_tables import HORIZONS
from app.finance.periods import TIMEFRAMES
from app.identity import Scope
from app.live.topics import STATUS
from app.patterns.statistics import table
from app.patterns.statistics.document import statistics_document
from app.patterns.statistics.outcomes import FEW
from app.patterns.statistics.table import SORTS, Statistics
from app.web import guards, parameters, tables
from app.web.formats import TableDocument
from app.web.html import page

blueprint = Blueprint("pattern_statistics", __name__)

PATH = "/patterns/statistics"
WAIT_SECONDS = 2.0
"""For a page; the count goes on without it."""
USUAL_SORT, USUAL_TIMEFRAME = "pattern", "daily"
MOST_ROWS = 300


@tables.suffixes(blueprint, PATH)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow("sort", "timeframe")
async def statistics_table() -> TableDocument:
    sort = _sort()
    current = await table.statistics(deps.pools(), deps.cache())
    rows = table.rows(current.outcomes, _timeframe(current.timeframes), sort)
    return statistics_document(rows, guards.view().zone, current.at)


@tables.page(blueprint, PATH, statistics_table)
@guards.signed_in
@parameters.allow("sort", "timeframe")
async def statistics() -> ResponseReturnValue:
    sort, current = _sort(), await _statistics()
    timeframe = _timeframe(current.timeframes if current else [])
    rows = table.rows(current.outcomes, timeframe, sort) if current else []
    return await page(
        "patterns/statistics",
        title="Statistics of patterns",
        topics=[STATUS],
        statistics=current,
        stored=bool((await deps.pools().shape()).outcomes),
        rows=rows[:MOST_ROWS],
        more=max(0, len(rows) - MOST_ROWS),
        timeframe=timeframe,
        sort=sort,
        horizons=HORIZONS,
        few=FEW,
    )


async def _statistics() -> Statistics | None:
    """None while they are being counted."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WAIT_SECONDS):
            return await table.statistics(deps.pools(), deps.cache())
    return None


def _sort() -> str:
    sort = request.args.get("sort") or USUAL_SORT
    if sort not in SORTS:
        abort(400, f"sort: choose one of {', '.join(SORTS)}.")
    return sort


def _timeframe(available: Sequence[str]) -> str:
    """The one that was chosen, else the usual one or the shortest that there is."""
    text = request.args.get("timeframe", "")
    if text not in ("", *available, *TIMEFRAMES):
        abort(400, f"timeframe: choose one of {', '.join(available or TIMEFRAMES)}.")
    return text or (USUAL_TIMEFRAME if USUAL_TIMEFRAME in available else next(iter(available), ""))
