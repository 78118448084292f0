"""Pushes of the status strip: clock, condition and component status."""

import time
from collections.abc import Iterator

from markupsafe import Markup

from app.db.pools import Pools
from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.identity import View
from app.live import topics
from app.market import partials, runs
from app.market.board import MarketBoard
from app.market.condition import REMEDIES
from app.market.status import ComponentStatus
from app.push import Push
from app.web.condition import PageCondition
from app.wire.events.event import ProcessingEvent, RunEvent


def on_health(health: HealthSnapshot, board: MarketBoard) -> Iterator[Push]:
    yield from map(_status, board.on_health(health))
    yield from _changes(board)


def on_clock(clock: MarketClock, board: MarketBoard) -> Iterator[Push]:
    yield from map(_status, board.on_clock(clock))
    yield from _changes(board)


def on_processing(event: ProcessingEvent | RunEvent, board: MarketBoard) -> Iterator[Push]:
    yield from map(_status, board.on_run(runs.run(event)))


async def snapshot(topic: str, pools: Pools, board: MarketBoard) -> list[Push]:
    statuses = list(map(_status, board.statuses()))
    return [_clock(board), *_condition(board), *statuses]


def notice(missed: int | None, topic: str) -> Push:
    """To readers who come back to a log that no longer reaches as far as they had read."""
    return Push(topic, "notice", "replace", lambda _view: partials.notice(missed), alert=True)


def gap(topic: str) -> Push:
    """To readers of a log whose bringer did not hear for a while: nobody knows whether there was anything to hear."""
    return Push(topic, "notice", "replace", lambda _view: partials.gap(), alert=True)


def page_condition(board: MarketBoard) -> PageCondition:
    """As it is at this moment, for a page that is loaded now."""
    current = board.condition()
    return PageCondition(current.kind, partials.condition(current), partials.reason(current), REMEDIES)


def clock(board: MarketBoard, view: View) -> Markup:
    at = board.market_time(time.time())
    return partials.clock(board.clock, at and at.at, bool(at and at.runs), view)


def _changes(board: MarketBoard) -> Iterator[Push]:
    changes = board.changes(time.time())
    if changes.clock:
        yield _clock(board)
    if changes.condition:
        yield from _condition(board)


def _clock(board: MarketBoard) -> Push:
    """Drawn as it is when it goes out: a page counts on from there."""
    return Push(topics.STATUS, "clock", "replace", lambda view: clock(board, view))


def _condition(board: MarketBoard) -> Iterator[Push]:
    """The age as it is when it goes out."""
    yield Push(topics.STATUS, "condition", "replace", lambda _view: partials.condition(board.condition()))
    yield Push(topics.STATUS, "reason", "replace", lambda _view: partials.reason(board.condition()))


def _status(status: ComponentStatus) -> Push:
    return Push(topics.STATUS, status.key, "replace", lambda _view: partials.status(status))
