"""Detected patterns, stored."""

import time
from urllib.parse import urlencode

from quart import Blueprint, request
from quart.typing import ResponseReturnValue

from app import deps
from app.live import topics
from app.patterns import cursors, partials, queries
from app.patterns.board import Board
from app.patterns.choices import choices
from app.patterns.forms import MOST, PARAMETERS, Search
from app.patterns.queries import DIRECTIONS, Page
from app.web import guards, parameters
from app.web.html import page

blueprint = Blueprint("patterns", __name__)


@blueprint.get("/patterns")
@guards.signed_in
@parameters.takes(*PARAMETERS)
async def patterns() -> ResponseReturnValue:
    form, view = Search(request.args), guards.view()
    valid = form.validate()
    found = await _page(form, view.zone) if valid else Page([], None)
    detections = deps.board(Board).marked([each.detection for each in found.placed])
    known = await choices(deps.pools(), deps.cache())
    chosen = {name: text for name, text in request.args.items() if text and name in PARAMETERS and name != "cursor"}
    return await page(
        "patterns/list",
        title=f"Patterns of {form.symbol.data}" if form.symbol.data else "Patterns",
        topics=[topics.STATUS],
        status=200 if valid else 400,
        form=form,
        valid=valid,
        patterns=known.patterns,
        timeframes=known.timeframes,
        directions=DIRECTIONS,
        most=MOST,
        feed=partials.feed("patterns", [partials.detection(each, view) for each in detections]),
        count=len(detections),
        newest=urlencode(chosen),
        older=urlencode({**chosen, "cursor": cursors.written(found.next)}) if found.next else "",
        now=time.time(),
        lacking=await deps.pools().lacking("patterns"),
    )


async def _page(form: Search, zone: str) -> Page:
    wanted = form.wanted(zone, deps.symbols())
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        return await queries.detections(connection, shape, wanted, form.place(), form.rows)
