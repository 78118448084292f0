"""The identity of an event, alike in every process and for every copy of its message."""

import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from msgspec import json
from msgspec.structs import replace

from app.wire.events.event import (
    BacktestFinished,
    ErrorReported,
    LoggedEvent,
    PatternDetected,
    ProcessingChanged,
    RunChanged,
    SessionChanged,
)

WINDOW_SECONDS = 15 * 60.0
MAX_REMEMBERED = 10_000

_NAMED_BY: Mapping[type, tuple[str, ...]] = {
    SessionChanged: ("session_id", "status"),
    BacktestFinished: ("job_id", "status"),
    ErrorReported: ("error_id",),
}
"""Fields that name an event whenever it was said; where the first is empty they do not."""

_DETAIL = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|'[^']*'|\"[^\"]*\"|[0-9]+(?:[.,:][0-9]+)*", re.IGNORECASE)


class EventIdentity(NamedTuple):
    name: str
    occurrence: int = 0
    """Of an event that has neither id nor time: how often this process received it lately, this time included."""
    transition: str = ""
    """Of a run, which `name` identifies then: its transition at `transition_at`, its own time if it has one."""
    transition_at: float = 0.0


class EventIdentities:
    """An event without a time of its own is told apart by its content and by how often that was heard lately:
    processes that hear the same messages count alike."""

    def __init__(self) -> None:
        self._occurrences: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def of(self, event: LoggedEvent) -> EventIdentity:
        at = _own_time(event)
        if isinstance(event, PatternDetected) and at:
            return EventIdentity(_digest(event, event.symbol, event.pattern, event.timeframe, at))
        if isinstance(event, PatternDetected) and event.flow_id:
            return EventIdentity(_digest(event, event.flow_id))
        if isinstance(event, ProcessingChanged):
            return EventIdentity(_digest(event, event.run_id), 0, f"{event.status} {event.phase}", at)
        if isinstance(event, RunChanged):
            return EventIdentity(_digest(event, event.run_id, event.work), 0, event.status, at)
        id_fields = [getattr(event, name) for name in _NAMED_BY.get(type(event), ())]
        if id_fields and id_fields[0]:
            return EventIdentity(_digest(event, *id_fields))
        content = _digest(event, json.encode(replace(event, at=at, arrived_at=0.0)).decode())
        return EventIdentity(content) if at else self._next(content)

    def set_count(self, identity: EventIdentity, count: int) -> None:
        """What it turned out to be, after all processes' counts; one less where it was not kept at all."""
        if identity.name in self._occurrences:
            self._occurrences[identity.name] = (self._occurrences[identity.name][0], count)

    def _next(self, content: str) -> EventIdentity:
        now = time.monotonic()
        since, count = self._occurrences.pop(content, (now, 0))
        if now - since > WINDOW_SECONDS:
            since, count = now, 0
        self._occurrences[content] = (since, count + 1)
        while len(self._occurrences) > MAX_REMEMBERED:
            self._occurrences.popitem(last=False)
        return EventIdentity(content, count + 1)


def fingerprint(event: LoggedEvent) -> str:
    """Alike for errors that differ in figures and quoted names alone; "" for what is never folded.

    The severity is part of it: a critical error must not hide behind a warning.
    """
    if not isinstance(event, ErrorReported):
        return ""
    shape = _DETAIL.sub("#", event.message)
    return _digest(event, event.source, event.component, event.severity, shape)


def _own_time(event: LoggedEvent) -> float:
    """Without a time in the message `at` is that of its arrival, which each process has its own of."""
    return event.published_at if event.at == event.arrived_at else event.at


def _digest(event: LoggedEvent, *parts: object) -> str:
    return blake2b(json.encode((type(event).__name__, *parts)), digest_size=16).hexdigest()
