"""What links show to whoever has them: a list or a screen, and nothing of their owner."""

import time
from uuid import UUID

from quart import Blueprint, Response, abort, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.lists import table
from app.desk.scan.sources import scan_sources
from app.desk.shared.screens import ABSENT, shared_screen
from app.owned.shares import queries as shares
from app.owned.shares.queries import SharedTarget, ShareKind
from app.quotes.board import QuoteBoard
from app.scans.screens import queries as screens
from app.watchlists import queries as watchlists
from app.web import guards, html, paging, parameters

blueprint = Blueprint("shared", __name__)


@blueprint.get("/shared/<token>")
@guards.public
@parameters.allow("page")
async def show(token: str) -> ResponseReturnValue:
    async with deps.pools().own.acquire() as connection:
        target = await shares.target_of(connection, token)
    if target is None:
        abort(404, ABSENT)
    response = await (_watchlist(target.id) if target.kind is ShareKind.WATCHLIST else _screen(target))
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response


async def _screen(target: SharedTarget) -> Response:
    """The table of its matches now."""
    async with deps.pools().own.acquire() as connection:
        screen = await screens.by_id(connection, target.id)
    if screen is None:
        abort(404, ABSENT)
    return await shared_screen(screen, target.owner, request.args.get("page", "1"), scan_sources())


async def _watchlist(watchlist_id: UUID) -> Response:
    """Symbols and prices."""
    async with deps.pools().own.acquire() as connection:
        watchlist = await watchlists.by_id(connection, watchlist_id)
    if watchlist is None:
        abort(404, ABSENT)
    number = paging.page_number(request.args.get("page", "1"), len(watchlist.entries), table.ROWS)
    first = table.ROWS * (number - 1)
    rows = table.with_quotes(watchlist, deps.board(QuoteBoard))[first : first + table.ROWS]
    return await html.page(
        "watchlists/shared",
        title=watchlist.summary.name,
        priced=True,
        summary=watchlist.summary,
        rows=table.with_sections(table.drawn_rows(rows, time.time(), guards.view()), watchlist),
        number=number,
        pages=paging.page_count(len(watchlist.entries), table.ROWS),
    )
