"""What links show to whoever has them: a list, a screen or a chart, and nothing of their owner."""

import time

from quart import Blueprint, Response, abort, request
from quart.typing import ResponseReturnValue

from app import deps
from app.desk.lists import table
from app.desk.scan.sources import scan_sources
from app.desk.shared.charts import shared_chart, shared_picture
from app.desk.shared.screens import ABSENT, shared_matches, shared_screen
from app.desk.symbol.formats.documents import png_response
from app.desk.symbol.formats.sources import chart_sources
from app.owned.shares import queries as shares
from app.owned.shares.queries import SharedTarget, ShareKind
from app.quotes.board import QuoteBoard
from app.quotes.table import quotes_document
from app.scans.screens import queries as screens
from app.scans.screens.screen import SavedScreen
from app.watchlists import queries as watchlists
from app.watchlists.watchlist import Watchlist
from app.web import guards, html, paging, parameters, tables
from app.web.formats import TableDocument

blueprint = Blueprint("shared", __name__)

SHARED = "/shared/<token>"


@tables.suffixes(blueprint, SHARED)
@guards.public
@parameters.allow("page")
async def shared_table(token: str) -> TableDocument:
    """Symbols and prices: of a list all, of a screen those of the page. A chart has none."""
    target = await _target(token)
    if target.kind is ShareKind.CHART:
        abort(404, ABSENT)
    if target.kind is ShareKind.SCREEN:
        return await shared_matches(await _screen(target), target.owner, request.args.get("page", "1"), scan_sources())
    rows = table.with_quotes(await _watchlist(target), deps.board(QuoteBoard))
    quotes = [(row.instrument, row.quote) for row in rows]
    return quotes_document("shared", quotes, guards.view().zone, time.time())


@blueprint.get(f"{SHARED}.png")
@guards.public
@parameters.allow()
async def picture(token: str) -> Response:
    """Of a chart, for link previews."""
    target = await _target(token)
    if target.kind is not ShareKind.CHART:
        abort(404, ABSENT)
    return png_response(await shared_picture(target.id, deps.pools(), chart_sources()))


@tables.page(blueprint, SHARED, shared_table)
@guards.public
@parameters.allow("page")
async def show(token: str) -> ResponseReturnValue:
    target = await _target(token)
    if target.kind is ShareKind.WATCHLIST:
        return await _list_page(await _watchlist(target))
    if target.kind is ShareKind.CHART:
        return await shared_chart(
            target.id, f"{deps.settings().public_url}/shared/{token}", deps.pools(), chart_sources()
        )
    return await shared_screen(await _screen(target), target.owner, request.args.get("page", "1"), scan_sources())


@blueprint.after_request
async def hide(response: Response) -> Response:
    """From search engines, and from the sites to which a reader goes on."""
    response.headers.update({"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"})
    return response


async def _target(token: str) -> SharedTarget:
    async with deps.pools().own.acquire() as connection:
        target = await shares.target_of(connection, token)
    return target or abort(404, ABSENT)


async def _screen(target: SharedTarget) -> SavedScreen:
    async with deps.pools().own.acquire() as connection:
        screen = await screens.by_id(connection, target.id)
    return screen or abort(404, ABSENT)


async def _watchlist(target: SharedTarget) -> Watchlist:
    async with deps.pools().own.acquire() as connection:
        watchlist = await watchlists.by_id(connection, target.id)
    return watchlist or abort(404, ABSENT)


async def _list_page(watchlist: Watchlist) -> Response:
    """Symbols and prices."""
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
