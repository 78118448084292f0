"""JSON API of detected patterns, page by page."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app import deps
from app.finance.detections import Tier
from app.identity import Scope
from app.patterns import cursors, queries
from app.patterns.board import PatternBoard
from app.patterns.queries import DetectionFilter, DetectionPosition
from app.web import api, guards

blueprint = Blueprint("patterns_api", __name__, url_prefix=api.ROOT)

Word = Annotated[api.PlainText, Meta(max_length=64)]


class PatternsParameters(msgspec.Struct, frozen=True):
    symbol: Annotated[Word, Meta(examples=["BRK.B"])] | None = None
    pattern: Annotated[Word, Meta(examples=["Doji"])] | None = None
    timeframe: Annotated[Word, Meta(examples=["5min", "daily"])] | None = None
    tier: Tier | None = None
    direction: Annotated[Word, Meta(examples=list(queries.DIRECTIONS))] | None = None
    min_confidence: Annotated[float, Meta(ge=0, le=1)] | None = None
    since: api.Since | None = msgspec.field(name="from", default=None)
    until: api.Until | None = msgspec.field(name="to", default=None)
    cursor: Annotated[str, Meta(max_length=1000, description="The `next` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class Pattern(msgspec.Struct, frozen=True):
    """`time` is the end of the bar that completed it; `expired`: the engine has reported that it no longer holds."""

    symbol: str
    pattern: str
    timeframe: str
    direction: str
    confidence: float | None
    price: float | None
    time: datetime | None
    expired: bool


class Patterns(msgspec.Struct, frozen=True):
    """`next` is null on the last page. With narrow filters a page may hold fewer detections than its limit, or none."""

    patterns: list[Pattern]
    next: str | None


@blueprint.get("/patterns")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Patterns, PatternsParameters)
async def patterns(parameters: PatternsParameters) -> Patterns:
    """Detected patterns, the newest first."""
    filters = DetectionFilter(
        deps.symbols().possible(parameters.symbol) if parameters.symbol else None,
        parameters.pattern or None,
        parameters.timeframe or None,
        parameters.tier,
        parameters.direction or None,
        parameters.min_confidence,
        api.time_parameter("from", parameters.since),
        api.time_parameter("to", parameters.until),
    )
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        page = await queries.detections(connection, shape, filters, _position(parameters.cursor), parameters.limit)
    marked = deps.board(PatternBoard).with_expiry([each.detection for each in page.rows])
    rows = [
        Pattern(
            each.symbol,
            each.pattern,
            each.timeframe,
            each.direction,
            each.confidence,
            each.price,
            api.utc_datetime(each.at),
            each.expired,
        )
        for each in marked
    ]
    return Patterns(rows, cursors.encode(page.next) if page.next else None)


def _position(cursor: str) -> DetectionPosition | None:
    try:
        return cursors.decode(cursor) if cursor else None
    except ValueError as error:
        abort(400, f"cursor: {error}")
