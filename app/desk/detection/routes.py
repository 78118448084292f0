"""The page of one detection: what was detected, the chart as it was then, and what became of it."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from quart import Blueprint, Response, abort, redirect
from quart.typing import ResponseReturnValue

from app import deps
from app.db.analysis_tables import HORIZONS
from app.db.connection import DatabaseConnection
from app.db.market import MarketShape
from app.desk import detection_lists
from app.desk.detection.table import details_document
from app.finance.bars import Timeframe
from app.finance.detections import bars_of_age
from app.finance.instrument import Instrument
from app.finance.periods import TIMEFRAMES
from app.identity import Scope
from app.market.board import MarketBoard
from app.patterns.board import PatternBoard
from app.patterns.details import queries
from app.patterns.details.queries import DefinitionText, DetectionDetails
from app.patterns.queries import Detection, DetectionFilter, recent
from app.quotes import partials as quote_partials
from app.quotes.board import QuoteBoard
from app.quotes.charts.frozen import FrozenChart, draw_frozen, frozen_chart, later_closes
from app.quotes.queries import instrument as stored_instrument
from app.web import datetimes, guards, parameters, tables, times
from app.web.formats import TableDocument
from app.web.html import page
from app.wire.codec.spellings import timeframe as canonical_timeframe

blueprint = Blueprint("detection", __name__)

DETECTION = "/detections/<path:names>/<at>"
ABSENT = "There is no such detection."
NEAR = 5
"""Other detections of the symbol that are offered where there is none at the address."""
LONGEST_PATH = 500


class DetectionHistory(NamedTuple):
    """`returns`: by number of bars after the detection, 0.01 for 1 %."""

    details: DetectionDetails
    definition: DefinitionText | None
    chart: FrozenChart
    returns: Mapping[int, float]


@tables.suffixes(blueprint, DETECTION)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow()
async def detection_table(names: str, at: str) -> TableDocument:
    history = await _history(names, _moment(at)) or abort(404, ABSENT)
    return details_document(_current(history), history.details, history.returns, guards.view().zone, time.time())


@blueprint.get(f"{DETECTION}.svg")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow()
async def picture(names: str, at: str) -> Response:
    """The chart alone."""
    history = await _history(names, _moment(at)) or abort(404, ABSENT)
    drawing = draw_frozen(history.chart, history.details.prices) or abort(404, "No bar of that time is stored.")
    symbol = history.details.detection.symbol
    return tables.picture(quote_partials.frozen_picture(symbol, drawing, guards.view()))


@tables.page(blueprint, DETECTION, detection_table, picture=picture)
@guards.signed_in
async def detection(names: str, at: str) -> ResponseReturnValue:
    moment = _moment(at)
    path = times.iso(moment.timestamp())
    if path != at:
        return redirect(f"/detections/{quote(names)}/{path}", 303)
    history = await _history(names, moment)
    return await _page(history) if history else await _unknown(names, moment)


async def _history(names: str, moment: datetime) -> DetectionHistory | None:
    """Raises Unavailable."""
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        details = await queries.detection(connection, shape, names[:LONGEST_PATH], moment)
        return await _read(connection, shape, details) if details else None


def _moment(text: str) -> datetime:
    try:
        return datetimes.parse(text).replace(microsecond=0)
    except ValueError as error:
        abort(400, f"The moment of a detection: {error}")


async def _read(connection: DatabaseConnection, shape: MarketShape, details: DetectionDetails) -> DetectionHistory:
    symbol, pattern, _, _, _, at, *_ = details.detection
    instrument = (
        deps.board(QuoteBoard).instrument(symbol)
        or await stored_instrument(connection, shape, symbol)
        or Instrument(symbol)
    )
    timeframe = _timeframe(details)
    chart = await frozen_chart(connection, shape, instrument, timeframe, at)
    price = details.detection.price or (chart.bars[-1].close if chart.bars else 0.0)
    returns = await queries.returns(connection, shape, details.detection)
    if price and len(returns) < len(HORIZONS):
        closes = await later_closes(connection, shape, symbol, timeframe, at, HORIZONS[-1])
        reached = {bars: closes[bars - 1] / price - 1 for bars in HORIZONS if bars <= len(closes)}
        returns = {**reached, **returns}
    return DetectionHistory(details, await queries.definition(connection, shape, pattern), chart, returns)


def _timeframe(details: DetectionDetails) -> Timeframe:
    """Of the bars that are drawn: of a combination those of a minute."""
    timeframe = canonical_timeframe(details.detection.timeframe)
    is_known = timeframe in TIMEFRAMES
    return "daily" if details.tier == "daily" and not is_known else bars_of_age(timeframe)


async def _page(history: DetectionHistory) -> ResponseReturnValue:
    details, view, detection = history.details, guards.view(), _current(history)
    market_time = deps.board(MarketBoard).market_time(time.time())
    over = market_time is not None and details.until is not None and details.until <= market_time.at
    return await page(
        "desk/detection",
        title=f"{detection.symbol}, {times.exchange_stamp(detection.at)}",
        detection=detection,
        details=details,
        definition=history.definition,
        over=detection.expired or over,
        instrument=history.chart.instrument,
        timeframe=history.chart.timeframe,
        chart=quote_partials.frozen(detection.symbol, draw_frozen(history.chart, details.prices), view),
        horizons=HORIZONS,
        returns=history.returns,
    )


def _current(history: DetectionHistory) -> Detection:
    (detection,) = deps.board(PatternBoard).with_expiry([history.details.detection])
    return detection


async def _unknown(names: str, moment: datetime) -> ResponseReturnValue:
    symbols = tuple(name for part in queries.symbols(names[:LONGEST_PATH]) for name in deps.symbols().possible(part))
    of_symbol = DetectionFilter(symbols=symbols)
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        near = await recent(connection, shape, NEAR, of_symbol._replace(until=moment)) if symbols else []
        if symbols and not near:
            near = await recent(connection, shape, NEAR, of_symbol)
    return await page(
        "desk/no-detection",
        title="Unknown detection",
        status=404,
        at=moment.timestamp(),
        feed=detection_lists.feed("near", deps.board(PatternBoard).with_expiry(near), guards.view()) if near else "",
    )
