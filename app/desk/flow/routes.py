"""The flow board: a live column for each tier of patterns, and one for the signals of indicators."""

import asyncio
import time
from typing import NamedTuple

from markupsafe import Markup
from quart import Blueprint, redirect, request
from quart.typing import ResponseReturnValue

from app import db, deps
from app.desk import detection_lists
from app.desk.flow.table import flow_document
from app.finance.detections import TIERS, Tier
from app.identity import Scope
from app.indicators import partials as indicator_partials
from app.indicators import stream as indicator_stream
from app.indicators.alerts import AlertBoard
from app.live.topics import STATUS
from app.market import partials as market_partials
from app.patterns import stream as pattern_stream
from app.patterns.board import PatternBoard
from app.patterns.forms import PARAMETERS
from app.scans import scan_request
from app.scans.address import ScanAddress
from app.web import guards, parameters, tables
from app.web.formats import TableDocument
from app.web.html import page

blueprint = Blueprint("flow", __name__)

FLOW = "/patterns"
SIGNAL_RULE = (
    "any(rsi14:..30,rsi14:70..,macd:cross:macd.signal,close:cross:sma50,close:gt:bb20.upper,close:lt:bb20.lower)"
)
SIGNAL_TIMEFRAME = "m15"
SIGNAL_SCAN = ScanAddress(scan_request.rule(SIGNAL_RULE, SIGNAL_TIMEFRAME), timeframe=SIGNAL_TIMEFRAME)
"""The symbols for which a signal holds now: signals themselves are not stored, so that nothing searches them."""


class FlowColumn(NamedTuple):
    tier: Tier
    notice: Markup
    feed: Markup
    empty: bool


@tables.suffixes(blueprint, FLOW)
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@parameters.allow()
async def flow_table() -> TableDocument:
    pools, detections = deps.pools(), deps.board(PatternBoard)
    lists = [await pattern_stream.recent(pattern_stream.column(tier), pools, detections) for tier in TIERS]
    columns = zip(TIERS, lists, strict=True)
    return flow_document(columns, deps.board(AlertBoard).newest(), guards.view().zone, time.time())


@tables.page(blueprint, FLOW, flow_table)
@guards.signed_in
@parameters.allow(*PARAMETERS)
async def board() -> ResponseReturnValue:
    if any(name in request.args for name in PARAMETERS):
        # Searches had this address once.
        return redirect(f"/patterns/search?{request.query_string.decode()}", 303)
    cursor, view = deps.cursor(), guards.view()
    lists = [pattern_stream.column(tier) for tier in TIERS]
    detections = await asyncio.gather(
        *(detection_lists.recent(each, deps.pools(), deps.board(PatternBoard)) for each in lists)
    )
    alerts = deps.board(AlertBoard).newest()
    columns = [
        FlowColumn(
            tier,
            market_partials.notice(each.topic, pattern_stream.ENTRIES, 0),
            detection_lists.feed(each.key, newest, view),
            not newest,
        )
        for tier, each, newest in zip(TIERS, lists, detections, strict=True)
    ]
    return await page(
        "desk/flow",
        title="Patterns",
        topics=[*(each.topic for each in lists), indicator_stream.SIGNALS, STATUS],
        cursor=detection_lists.begin_at(cursor, *detections),
        columns=columns,
        away=None in detections,
        signal_notice=market_partials.notice(indicator_stream.SIGNALS, indicator_stream.SIGNAL_ENTRIES, 0),
        signals=indicator_partials.alerts([indicator_partials.alert(each, view) for each in alerts]),
        no_signal=not alerts,
        signal_scan=SIGNAL_SCAN.url(),
        sends_signals=bool(alerts) or await _sends_signals(),
        lacking=await deps.pools().lacking("patterns"),
    )


async def _sends_signals() -> bool:
    """Our own engine does; another one may not, which no table tells."""
    try:
        return (await deps.pools().shape()).outcomes is not None
    except db.Unavailable:
        return True
