"""The dashboard and the symbol page, which combine several features."""

import time
from typing import Any

from markupsafe import Markup
from quart import Blueprint
from quart.typing import ResponseReturnValue

from app import db, deps
from app.desk import detection_lists
from app.desk.lists import table
from app.identity import Scope, View
from app.live.topics import STATUS, Topic
from app.market import partials as market_partials
from app.market import stream as market_stream
from app.market.board import MarketBoard
from app.patterns import stream as pattern_stream
from app.patterns.board import PatternBoard
from app.patterns.queries import Detection
from app.patterns.stream import DetectionList
from app.quotes import partials as quote_partials
from app.quotes.board import QuoteBoard
from app.quotes.most_active import BOARD_ROWS
from app.quotes.rows import rows
from app.quotes.table import quotes_document
from app.quotes.topics import QUOTES, quotes_topic
from app.watchlists import queries as watchlists
from app.watchlists.forms import FIRST_SECTION
from app.watchlists.watchlist import Watchlist
from app.web import guards, parameters, tables
from app.web.formats import TableDocument
from app.web.html import page

blueprint = Blueprint("desk", __name__)

DESK = "/desk"
USUAL_SPAN = "6m"
TABLE_ROWS = 20
ALL_ROWS = "all"
CHART_REQUESTED = "1"
"""With reduced data a chart is drawn where the address says so."""


@tables.suffixes(blueprint, DESK)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow()
async def quotes_table() -> TableDocument:
    """The quotes of the page: of the list that the reader chose, or the most active."""
    watchlist, board = await _desk_list(), deps.board(QuoteBoard)
    listed = table.with_quotes(watchlist, board)[:BOARD_ROWS] if watchlist else []
    active = [] if watchlist else board.rows()
    quotes = [*((each.instrument, each.quote) for each in listed), *((each.instrument, each) for each in active)]
    return quotes_document("desk", quotes, guards.view().zone, time.time())


@tables.page(blueprint, "/", quotes_table, f"{DESK}.html")
@guards.signed_in
async def dashboard() -> ResponseReturnValue:
    cursor, view = deps.cursor(), guards.view()
    patterns = pattern_stream.feed()
    detections, watchlist = await _detections(patterns), await _desk_list()
    quote_topics, quote_values = _listed(watchlist, view) if watchlist else _most_active(view)
    return await page(
        "desk/dashboard",
        title="Desk",
        topics=[patterns.topic, STATUS, *quote_topics],
        cursor=detection_lists.begin_at(cursor, detections),
        clock=_clock(view),
        statuses=[market_partials.status(status) for status in deps.board(MarketBoard).statuses()],
        writable=await _writable(),
        lacking=await deps.pools().lacking(),
        watchlist=watchlist,
        **quote_values,
        notice=market_partials.notice(patterns.topic, pattern_stream.ENTRIES, 0),
        feed=detection_lists.feed(patterns.key, detections, view),
        feed_entries=patterns.entries,
        detected=bool(detections),
        away=detections is None,
    )


def _most_active(view: View) -> tuple[list[Topic], dict[str, Any]]:
    """The topics and the values of the page that shows the most active symbols."""
    quotes = deps.board(QuoteBoard)
    return [QUOTES], {
        "board": quote_partials.board(QUOTES, rows(quotes.rows(), time.time(), view)),
        "row_count": len(quotes.most_active),
        "quote_count": quotes.most_active.candidates,
        "by_stored_bars": quotes.most_active.by_stored_bars,
    }


def _listed(watchlist: Watchlist, view: View) -> tuple[list[Topic], dict[str, Any]]:
    """The topics and the values of the page that shows the first rows of a list."""
    visible = table.with_quotes(watchlist, deps.board(QuoteBoard))[:BOARD_ROWS]
    listed_rows = table.with_sections(table.drawn_rows(visible, time.time(), view), watchlist)
    return [quotes_topic(row.entry.symbol) for row in visible], {
        "rows": listed_rows,
        "columns": "std",
        "headings": (),
        "first_section": FIRST_SECTION,
    }


async def _desk_list() -> Watchlist | None:
    """The list that the reader chose for the desk; None while the database is away."""
    try:
        async with deps.pools().own.acquire() as connection:
            return await watchlists.desk_list(connection, guards.identity().user_id)
    except db.Unavailable:
        return None


async def _detections(patterns: DetectionList) -> list[Detection] | None:
    return await detection_lists.recent(patterns, deps.pools(), deps.board(PatternBoard))


async def _writable() -> bool:
    try:
        return (await deps.pools().shape()).writable
    except db.Unavailable:
        return False


def _clock(view: View) -> Markup:
    return market_stream.clock(deps.board(MarketBoard), view)
