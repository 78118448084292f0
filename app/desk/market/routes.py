"""The page of the whole market: hours of the exchange, breadth, sectors and movers."""

import asyncio
from contextlib import suppress
from datetime import date
from typing import Any

from quart import Blueprint, abort, request
from quart.typing import ResponseReturnValue

from app import db, deps
from app.desk.market.correlations import ListCorrelations, list_correlations
from app.identity import Scope, View
from app.live.topics import STATUS, Topic
from app.market import stream as market_stream
from app.market.board import MarketBoard
from app.market.breadth import stream as breadth_stream
from app.market.breadth.history import BreadthHistory, history
from app.market.breadth.stream import BREADTH, POINTS
from app.market.correlations.matrix import LEAST_RETURNS, MOST_SYMBOLS
from app.market.exchange import stream as exchange_stream
from app.market.exchange.stream import HOURS
from app.market.movers import stream as movers_stream
from app.market.movers.document import movers_document
from app.market.movers.forms import FloorForm, floor_form
from app.market.movers.ranking import LISTS, USUAL_FLOOR, Floor
from app.market.movers.stream import movers_topic
from app.market.overview.board import RANKED_SECONDS, OverviewBoard
from app.market.overview.overview import MarketOverview
from app.market.sectors import stream as sectors_stream
from app.market.sectors.stream import SECTORS, UNIVERSES
from app.web import guards, parameters, tables
from app.web.formats import TableDocument
from app.web.forms.fields import first_error
from app.web.html import page

blueprint = Blueprint("market", __name__)

MARKET = "/market"
WAIT_SECONDS = 0.3
"""For the breadth of past sessions, which goes on being computed without the page."""
FLOORS = ("min_price", "min_volume")
GROUPS: dict[str, Topic] = {"sectors": SECTORS, "universes": UNIVERSES}
"""By the name in `by=`."""


@tables.suffixes(blueprint, MARKET)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow(*FLOORS, "by", "list")
async def movers_table() -> TableDocument:
    """The movers."""
    form = floor_form(request.args)
    if not form.validate():
        abort(400, first_error(form))
    return movers_document(await _overview(), form.floor, guards.view().zone)


@tables.page(blueprint, MARKET, movers_table)
@guards.signed_in
@parameters.allow(*FLOORS, "by", "list")
async def market() -> ResponseReturnValue:
    cursor, view, form, by = deps.cursor(), guards.view(), floor_form(request.args), _by()
    valid = form.validate()
    floor = form.floor if valid else USUAL_FLOOR
    overview = await _overview()
    return await page(
        "market/overview",
        title="Market",
        status=200 if valid else 400,
        topics=[HOURS, BREADTH, GROUPS[by], movers_topic(floor), STATUS],
        cursor=cursor,
        clock=market_stream.clock(deps.board(MarketBoard), view),
        hours=exchange_stream.hours(deps.board(MarketBoard)),
        symbol_count=len(overview.figures),
        session_day=overview.figures.session,
        away=deps.board(OverviewBoard).away,
        correlations=await _correlations(),
        least_returns=LEAST_RETURNS,
        most_symbols=MOST_SYMBOLS,
        **await _breadth(overview, view),
        **_groups(overview, by, view),
        **_movers(form, floor, view),
    )


async def _overview() -> MarketOverview:
    board = deps.board(OverviewBoard)
    await board.refresh()
    return board.current()


async def _breadth(overview: MarketOverview, view: View) -> dict[str, Any]:
    past = await _past_breadth(overview.figures.session)
    lines = breadth_stream.lines(past, overview) if past else {}
    points = POINTS if lines else 0
    return {
        "points": 0 if view.reduced_data else points,
        "counting": past is None,
        "sessions": POINTS - 1,
        "breadth": breadth_stream.table("breadth", overview.breadth, lines, points, view),
        "stages": breadth_stream.table("stages", overview.stages, {}, 0, view),
    }


async def _correlations() -> ListCorrelations:
    board, user_id = deps.board(OverviewBoard), guards.identity().user_id
    return await list_correlations(user_id, request.args.get("list", ""), deps.pools(), deps.cache(), board)


async def _past_breadth(session: date | None) -> BreadthHistory | None:
    """None while it is being computed, and while the database is away."""
    with suppress(TimeoutError, db.Unavailable):
        async with asyncio.timeout(WAIT_SECONDS):
            return await history(deps.pools(), deps.cache(), session)
    return None


def _groups(overview: MarketOverview, by: str, view: View) -> dict[str, Any]:
    topic = GROUPS[by]
    group_view = sectors_stream.groups(topic, overview)
    return {
        "by": by,
        "groups": overview.markup((topic, view), lambda: sectors_stream.table(topic, group_view.rows, view)),
        "map": group_view.map
        and overview.markup(("map", topic, view), lambda: sectors_stream.drawn_map(topic, group_view.map, view)),
    }


def _movers(form: FloorForm, floor: Floor, view: View) -> dict[str, Any]:
    movers = deps.board(OverviewBoard).movers(floor)
    return {
        "form": form,
        "lists": [(each, each.path(floor), movers_stream.table(each.key, movers[each.key], view)) for each in LISTS],
        "floor": floor,
        "ranked_seconds": int(RANKED_SECONDS),
    }


def _by() -> str:
    by = request.args.get("by", "sectors")
    if by not in GROUPS:
        abort(400, f"by: choose one of {', '.join(GROUPS)}.")
    return by
