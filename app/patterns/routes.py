"""The search of stored patterns."""

import time
from urllib.parse import urlencode

from quart import Blueprint, request
from quart.typing import ResponseReturnValue

from app import deps
from app.finance.detections import TIERS
from app.live.topics import STATUS
from app.patterns import cursors, partials, queries
from app.patterns.board import PatternBoard
from app.patterns.choices import choices
from app.patterns.forms import PARAMETERS, PatternSearchForm
from app.patterns.queries import DIRECTIONS, DetectionPage
from app.web import guards, parameters
from app.web.filters import timeframe
from app.web.forms.fields import search_choices
from app.web.html import page

blueprint = Blueprint("patterns", __name__)


@blueprint.get("/patterns/search")
@guards.signed_in
@parameters.allow(*PARAMETERS)
async def search() -> ResponseReturnValue:
    form, view = PatternSearchForm(request.args), guards.view()
    valid = form.validate()
    results = await _page(form, view.zone) if valid else DetectionPage([], None)
    detections = deps.board(PatternBoard).with_expiry([each.detection for each in results.rows])
    available = await choices(deps.pools(), deps.cache())
    query = {name: text for name, text in request.args.items() if text and name in PARAMETERS and name != "cursor"}
    return await page(
        "patterns/search",
        title=f"Patterns of {form.symbol.data}" if form.symbol.data else "Search of patterns",
        topics=[STATUS],
        status=200 if valid else 400,
        form=form,
        valid=valid,
        patterns=search_choices(available.patterns, form.pattern.data),
        timeframes=search_choices(available.timeframes, form.timeframe.data, timeframe),
        tiers=search_choices(TIERS, form.tier.data),
        directions=search_choices(DIRECTIONS, form.direction.data),
        feed=partials.feed("patterns", [partials.detection(each, view) for each in detections]),
        count=len(detections),
        newest=urlencode(query),
        older=urlencode({**query, "cursor": cursors.encode(results.next)}) if results.next else "",
        now=time.time(),
        lacking=await deps.pools().lacking("patterns"),
    )


async def _page(form: PatternSearchForm, zone: str) -> DetectionPage:
    filters = form.filters(zone, deps.symbols())
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        return await queries.detections(connection, shape, filters, form.position(), form.rows)
