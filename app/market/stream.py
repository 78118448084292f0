"""The topic of the status strip, and its pushes: clock, condition and component status."""

import time
from collections.abc import Iterator
from functools import partial

from markupsafe import Markup

from app.finance.clock import MarketClock
from app.health.snapshot import HealthSnapshot
from app.identity import View
from app.live.topics import STATUS, TopicFamily
from app.market import partials, processing_runs
from app.market.board import MarketBoard
from app.market.condition import REMEDIES
from app.market.status import ComponentStatus
from app.push import Push
from app.web.condition import PageCondition
from app.web.filters import dom_id
from app.wire.events.event import ProcessingEvent, RunEvent


def topics(board: MarketBoard) -> tuple[TopicFamily, ...]:
    return (TopicFamily(STATUS, "state", partial(snapshot, board=board), whole=True),)


def on_health(health: HealthSnapshot, board: MarketBoard) -> Iterator[Push]:
    yield from map(_status, board.on_health(health))
    yield from _changes(board)


def on_clock(clock: MarketClock, board: MarketBoard) -> Iterator[Push]:
    yield from map(_status, board.on_clock(clock))
    yield from _changes(board)


def on_processing(event: ProcessingEvent | RunEvent, board: MarketBoard) -> Iterator[Push]:
    yield from map(_status, board.on_run(processing_runs.run(event)))


async def snapshot(_topic: str, board: MarketBoard) -> list[Push]:
    statuses = list(map(_status, board.statuses()))
    return [_clock(board), *_condition(board), *statuses]


def notice(topic: str, entries: str, missed: int | None) -> Push:
    """For subscribers whose position in the log was trimmed from it: `missed` entries, None for an unknown number."""
    key = dom_id("notice", topic)
    return Push(topic, key, "replace", lambda _view: partials.notice(topic, entries, missed), alert=True)


def gap(topic: str, entries: str) -> Push:
    """For subscribers of a log to which no process appended for a while: whether an event was lost is unknown."""
    return Push(topic, dom_id("notice", topic), "replace", lambda _view: partials.gap(topic, entries), alert=True)


def page_condition(board: MarketBoard) -> PageCondition:
    """As it is at this moment, for a page that is loaded now."""
    current = board.condition()
    source = board.clock.label if board.clock else ""
    return PageCondition(current.kind, partials.condition(current), partials.reason(current), REMEDIES, source)


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
    return Push(STATUS, "clock", "replace", lambda view: clock(board, view))


def _condition(board: MarketBoard) -> Iterator[Push]:
    """The age as it is when it goes out."""
    yield Push(STATUS, "condition", "replace", lambda _view: partials.condition(board.condition()))
    yield Push(STATUS, "reason", "replace", lambda _view: partials.reason(board.condition()))


def _status(status: ComponentStatus) -> Push:
    return Push(STATUS, status.key, "replace", lambda _view: partials.status(status))
