"""The search of stored patterns."""

import time
from urllib.parse import urlencode

from quart import Blueprint, abort, request
from quart.typing import ResponseReturnValue

from app import deps
from app.finance.detections import TIERS
from app.identity import Scope
from app.live.topics import STATUS
from app.patterns import cursors, partials, queries
from app.patterns.board import PatternBoard
from app.patterns.choices import choices
from app.patterns.forms import PARAMETERS, PatternSearchForm
from app.patterns.queries import DIRECTIONS, DetectionPage
from app.patterns.table import detection_document
from app.web import guards, parameters, tables
from app.web.filters import timeframe
from app.web.formats import TableDocument
from app.web.forms.fields import first_error, search_choices
from app.web.html import page

blueprint = Blueprint("patterns", __name__)


SEARCH = "/patterns/search"


@tables.suffixes(blueprint, SEARCH)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow(*PARAMETERS)
async def search_table() -> TableDocument:
    form, zone = PatternSearchForm(request.args), guards.view().zone
    if not form.validate():
        abort(400, first_error(form))
    results = await _page(form, zone)
    detections = deps.board(PatternBoard).with_expiry([each.detection for each in results.rows])
    return detection_document(detections, zone, time.time(), _older(results))


@tables.page(blueprint, SEARCH, search_table)
@guards.signed_in
@parameters.allow(*PARAMETERS)
async def search() -> ResponseReturnValue:
    form, view = PatternSearchForm(request.args), guards.view()
    valid = form.validate()
    results = await _page(form, view.zone) if valid else DetectionPage([], None)
    detections = deps.board(PatternBoard).with_expiry([each.detection for each in results.rows])
    available = await choices(deps.pools(), deps.cache())
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
        newest=urlencode(_query()),
        shown=urlencode(request.args),
        older=_older(results),
        now=time.time(),
        lacking=await deps.pools().lacking("patterns"),
    )


def _query() -> dict[str, str]:
    return {name: text for name, text in request.args.items() if text and name in PARAMETERS and name != "cursor"}


def _older(results: DetectionPage) -> str:
    return urlencode({**_query(), "cursor": cursors.encode(results.next)}) if results.next else ""


async def _page(form: PatternSearchForm, zone: str) -> DetectionPage:
    filters = form.filters(zone, deps.symbols())
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        return await queries.detections(connection, shape, filters, form.position(), form.rows)
