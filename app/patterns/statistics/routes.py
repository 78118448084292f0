"""The page of what became of detected patterns."""

import asyncio
from contextlib import suppress

from quart import Blueprint, abort, request
from quart.typing import ResponseReturnValue

from app import deps
from app.db.analysis_tables import HORIZONS
from app.finance.periods import TIMEFRAMES
from app.live.topics import STATUS
from app.patterns.statistics import table
from app.patterns.statistics.outcomes import FEW
from app.patterns.statistics.table import SORTS, Statistics
from app.web import guards, parameters
from app.web.html import page

blueprint = Blueprint("pattern_statistics", __name__)

WAIT_SECONDS = 2.0
"""For a page; the count goes on without it."""
USUAL_TIMEFRAME = "daily"
MOST_ROWS = 300


@blueprint.get("/patterns/statistics")
@guards.signed_in
@parameters.allow("sort", "timeframe")
async def statistics() -> ResponseReturnValue:
    sort = request.args.get("sort") or "pattern"
    if sort not in SORTS:
        abort(400, f"sort: choose one of {', '.join(SORTS)}.")
    current = await _statistics()
    timeframe = _timeframe(request.args.get("timeframe", ""), current)
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


def _timeframe(text: str, current: Statistics | None) -> str:
    """The one that was chosen, else the usual one or the shortest that there is."""
    available = current.timeframes if current else []
    if text not in ("", *available, *TIMEFRAMES):
        abort(400, f"timeframe: choose one of {', '.join(available or TIMEFRAMES)}.")
    return text or (USUAL_TIMEFRAME if USUAL_TIMEFRAME in available else next(iter(available), ""))
