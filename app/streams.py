"""GET /stream: who may hear which topics, what they missed, then what happens."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Container
from typing import NamedTuple

from quart import Blueprint, Response, abort, copy_current_request_context, request
from quart.typing import ResponseReturnValue

from app import db, deps, wire
from app.deps import House
from app.identity import Identity, View
from app.live import topics
from app.live.hub import Full
from app.live.reader import Reader
from app.live.sse import EventSourceResponse, ServerSentEvent
from app.live.topics import Topic
from app.push import Push
from app.web import guards
from app.wire.log import Entry, Gap, LogId

blueprint = Blueprint("streams", __name__)

RETRY_MS = 500
"""Also how long a tab that becomes visible again waits, so it is short."""

SPREAD_MS = (1000, 5000)
"""When everybody is sent away at once, they come back over this time."""

SEND_SECONDS = 10.0
ADMIT_AGAIN_SECONDS = 30.0
ADMIT_WITHIN_SECONDS = 1.0

REPLAYED_AT_MOST = 500
"""Entries: to draw more of them one by one takes longer than to draw the lists anew."""

Admitted = Callable[[], Awaitable[Identity | None]]


class Line(NamedTuple):
    """What a stream needs once its request is gone."""

    house: House
    reader: Reader
    topics: frozenset[Topic]
    view: View
    cursor: LogId | None
    identity: Identity
    admitted: Admitted


@blueprint.get("/stream")
@guards.signed_in
async def stream() -> ResponseReturnValue:
    if request.method == "HEAD":
        abort(405)
    wanted = topics.parse_all(request.args.get("topics", ""))
    if wanted is None:
        abort(400, "These are no topics.")
    house, identity = deps.house(), guards.identity()
    if not house.hub.last_id:
        return _come_back()
    try:
        house.seats.take(str(identity.user_id))
        reader = house.hub.join(wanted, guards.view())
    except Full:
        return _come_back()
    _leave_with_this_task(reader)
    cursor = LogId.parse(request.headers.get("Last-Event-ID") or request.args.get("cursor", ""))
    admitted = copy_current_request_context(guards.load)
    line = Line(house, reader, wanted, guards.view(), cursor, identity, admitted)
    headers = _readable_from(request.headers.get("Origin"), house.settings.live.allowed_origins)
    return EventSourceResponse(_story(line), ping=0, send_timeout=SEND_SECONDS, headers=headers)


def _come_back() -> Response:
    return Response("", 503, {"Retry-After": "2", "HX-Reswap": "none"}, content_type="text/plain; charset=utf-8")


def _leave_with_this_task(reader: Reader) -> None:
    """The task that answers also sends; a response that is never begun must not stay in the audience either."""
    answering = asyncio.current_task()
    assert answering
    answering.add_done_callback(lambda _: reader.end("left"))


def _readable_from(origin: str | None, allowed: Container[str]) -> dict[str, str]:
    """Cookies travel to origins that are listed by name, never to "*"."""
    if origin is None:
        return {}
    if origin in allowed:
        named = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
        return {**named, "Vary": "Origin"}
    return {"Access-Control-Allow-Origin": "*"} if "*" in allowed else {}


async def _story(line: Line) -> AsyncGenerator[bytes, None]:
    yield _hello(line)
    try:
        missed = await _missed(line)
    except wire.Unavailable:
        # Its cursor still stands where it was: it asks again for all of it.
        yield _bye("catch-up")
        return
    yield missed
    async for block in _happening(line):
        yield block


async def _happening(line: Line) -> AsyncGenerator[bytes, None]:
    reader, beat_seconds = line.reader, line.house.settings.live.beat_seconds
    beat_at = time.monotonic() + beat_seconds
    admit_at = time.monotonic() + ADMIT_AGAIN_SECONDS
    while True:
        block = await reader.take(max(0.0, beat_at - time.monotonic()))
        if block:
            yield block
        elif reader.ended:
            yield _bye(reader.ended)
            return
        if time.monotonic() >= beat_at:
            beat_at = time.monotonic() + beat_seconds
            yield _beat(reader)
        if time.monotonic() >= admit_at:
            admit_at = time.monotonic() + ADMIT_AGAIN_SECONDS
            if not await _still_admitted(line):
                yield ServerSentEvent("session-ended", event="session-ended").encode()
                return


async def _missed(line: Line) -> bytes:
    """One message with all that happened between the page's cursor and the first frame, and the newest states."""
    states = [topic for topic in sorted(line.topics) if topics.kind(topic) == "state"]
    pushes = [*await _missed_entries(line), *await _snapshots(line, states)]
    return ServerSentEvent(line.house.hub.drawn(pushes, line.view) or None, id=line.reader.joined_at).encode()


async def _missed_entries(line: Line) -> list[Push]:
    """Every entry in order, or the lists as they are now and a notice: never a part of the entries."""
    logs = [topic for topic in sorted(line.topics) if topics.kind(topic) == "log"]
    entries = await _since(line) if logs else ()
    if isinstance(entries, Gap):
        notice = line.house.relay.missed(entries.missed, logs[0]) if line.cursor else []
        return [*await _snapshots(line, logs), *notice]
    pushes = [push for entry in entries for push in line.house.relay.pushes(entry.event)]
    return [push for push in pushes if push.topic in line.topics]


async def _since(line: Line) -> tuple[Entry, ...] | Gap:
    top = LogId.parse(line.reader.joined_at)
    if line.cursor is None or top is None:
        return Gap(None)
    if line.cursor.epoch == top.epoch and top.n - line.cursor.n > REPLAYED_AT_MOST:
        return Gap(top.n - line.cursor.n)
    found = await line.house.log.since(line.cursor, top)
    return Gap(len(found)) if isinstance(found, tuple) and len(found) > REPLAYED_AT_MOST else found


async def _snapshots(line: Line, wanted: list[Topic]) -> list[Push]:
    """What cannot be asked for now stays as the page shows it."""
    pushes: list[Push] = []
    for topic in wanted:
        try:
            pushes += await line.house.relay.snapshot(topic, line.house.pools)
        except (db.Unavailable, wire.Unavailable):
            continue
    return pushes


async def _still_admitted(line: Line) -> bool:
    """Redis or PostgreSQL away is no reason to send anybody off."""
    try:
        async with asyncio.timeout(ADMIT_WITHIN_SECONDS):
            found = await line.admitted()
    except (TimeoutError, wire.Unavailable, db.Unavailable):
        return True
    return found is not None and found.session == line.identity.session


def _hello(line: Line) -> bytes:
    """Without an id of its own: until the catch-up has arrived, the reader's cursor is still the old one."""
    cursor = str(line.cursor) if line.cursor else None
    beat = f"{line.house.settings.live.beat_seconds:g}"
    return ServerSentEvent(beat, event="hello", id=cursor, retry=RETRY_MS).encode()


def _beat(reader: Reader) -> bytes:
    return ServerSentEvent("beat", event="beat", id=reader.position or None).encode()


def _bye(why: str) -> bytes:
    retry = random.randint(*SPREAD_MS)  # noqa: S311 - spreads load, guards nothing
    return ServerSentEvent(why, event="bye", retry=retry).encode()
