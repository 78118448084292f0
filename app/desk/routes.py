"""The desk: panels that its reader chose, and its quotes as a table."""

import time
from collections.abc import Sequence

from markupsafe import Markup
from quart import Blueprint
from quart.typing import ResponseReturnValue

from app import db, deps
from app.desk.lists import table
from app.desk.panels import panel as layout
from app.desk.panels import queries as panel_queries
from app.desk.panels.page import DeskReader, desk_page
from app.desk.panels.panel import DeskPanel
from app.desk.scan.sources import scan_sources
from app.identity import Role, Scope, View
from app.live.topics import STATUS
from app.market import stream as market_stream
from app.market.board import MarketBoard
from app.quotes.board import QuoteBoard
from app.quotes.most_active import BOARD_ROWS
from app.quotes.table import quotes_document
from app.watchlists import queries as watchlists
from app.watchlists.watchlist import Watchlist
from app.web import guards, parameters, tables
from app.web.formats import TableDocument
from app.web.html import page

blueprint = Blueprint("desk", __name__)

DESK = "/desk"


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
    cursor, view, who = deps.cursor(), guards.view(), guards.identity()
    panels = layout.visible(await _panels(), is_admin=who.role is Role.ADMIN)
    desk = await desk_page(panels, DeskReader(who.user_id, view, await _desk_list(), scan_sources()))
    return await page(
        "desk/dashboard",
        title="Desk",
        topics=[STATUS, *desk.topics],
        cursor=cursor if desk.is_whole else "",
        clock=_clock(view),
        writable=await _writable(),
        lacking=await deps.pools().lacking(),
        columns=desk.columns,
    )


async def _panels() -> Sequence[DeskPanel]:
    """The usual ones while the database is away."""
    try:
        async with deps.pools().own.acquire() as connection:
            return (await panel_queries.of(connection, guards.identity().user_id)).panels
    except db.Unavailable:
        return layout.USUAL_PANELS


async def _desk_list() -> Watchlist | None:
    """The list that the reader chose for the desk; None while the database is away."""
    try:
        async with deps.pools().own.acquire() as connection:
            return await watchlists.desk_list(connection, guards.identity().user_id)
    except db.Unavailable:
        return None


async def _writable() -> bool:
    try:
        return (await deps.pools().shape()).writable
    except db.Unavailable:
        return False


def _clock(view: View) -> Markup:
    return market_stream.clock(deps.board(MarketBoard), view)
