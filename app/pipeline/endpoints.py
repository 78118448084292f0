"""GET /stream (SSE) and WS /ws/quotes (WebSocket): authorization, recovery of missed entries, then live pushes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Container, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from quart import Blueprint, Quart, Response, abort, request, websocket
from quart.typing import ResponseReturnValue

from app import deps, wire
from app.deps import AppContext, SnapshotFailed, StreamRecovery
from app.identity import Rate
from app.live import transports
from app.live.connection import StreamConnection, stream_head
from app.live.frames import FrameEncoding, chunk, unchunk, wrap
from app.live.hub import Hub
from app.live.limits import HubFull, UserStreamsFull
from app.live.socket import WebSocketTransport, serve_socket
from app.live.topics import RequestedTopics, Subscription
from app.pipeline import stream_log
from app.pipeline.admission import Admission
from app.pipeline.topics import MAX_TOPICS
from app.web import compression, guards, html
from app.wire.codec.text import clean
from app.wire.log.log import StreamPosition
from quart_sse import EventSourceResponse, ServerSentEvent

blueprint = Blueprint("streams", __name__)

RETRY_MS = 500
"""Reconnect delay; short, since a tab that becomes visible again waits for it too."""

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
CONTENT_TYPE = "text/event-stream; charset=utf-8"

TOPICS_HELP = f"topics: name 1 to {MAX_TOPICS} with commas between, such as quotes:AAPL or chart:AAPL:6m."
LONGEST_TOPIC = 64
"""Characters of an unknown topic that are quoted."""

SEND_SECONDS = 10.0
BEATS_PER_PING = 4


@blueprint.get("/stream")
@guards.signed_in
async def stream() -> ResponseReturnValue:
    context = deps.context()
    requested = await _requested_topics(context, request.args.get("topics", ""))
    if not context.hub.last_id:
        return _retry_later()
    form = (
        FrameEncoding.GZIP
        if compression.preferred(compression.accepted(), ("gzip",)) == "gzip"
        else FrameEncoding.PLAIN
    )
    headers = _headers(form, request.headers.get("Origin"), context.settings.live.allowed_origins)
    if request.method == "HEAD":
        return Response(b"", headers=headers, content_type=CONTENT_TYPE)
    try:
        connection = context.hub.join(
            requested.topics, guards.view(), guards.rate(), encoding=form, identity=guards.identity()
        )
    except HubFull as full:
        return _full_response(full, context)
    _end_with_this_task(connection)
    position = StreamPosition.parse(request.headers.get("Last-Event-ID") or request.args.get("cursor", ""))
    cursor, scope = str(position) if position else "", cast(Mapping[str, Any], request.scope)
    first = stream_head(_hello(context, cursor, requested.unknown), form)

    def begin(transport: transports.DirectTransport) -> None:
        connection.attach(transport, cursor)
        context.hub.recover(connection)

    if transports.claim_stream(scope, connection, chunk(first), begin):
        return Response(b"", headers=headers, content_type=CONTENT_TYPE)
    body = _asgi_body(context.hub, connection, first, cursor)
    return EventSourceResponse(body, ping=0, send_timeout=SEND_SECONDS, headers=headers)


@blueprint.websocket("/ws/quotes")
@guards.signed_in
async def quotes() -> ResponseReturnValue | None:
    """State topics at the fastest rate; a snapshot at the start replaces what was missed."""
    context = deps.context()
    requested = await _requested_topics(context, websocket.args.get("topics", ""))
    if any(context.topics.kind(topic) == "log" for topic in requested.topics):
        abort(400, f"{TOPICS_HELP} A socket brings no patterns.")
    if not context.hub.last_id:
        return _retry_later()
    try:
        view, identity = guards.view(), guards.identity()
        connection = context.hub.join(
            requested.topics, view, Rate.FASTEST, encoding=FrameEncoding.SOCKET, identity=identity
        )
    except HubFull as full:
        return _full_response(full, context)
    _end_with_this_task(connection)
    state = connection.payload(await context.recovery.missed_parts(connection, ""))
    if connection.end_reason:
        return _retry_later()
    first = [text for text in (_unknown_topics(requested.unknown), state) if text]
    await _start_socket(connection, first, context.settings.live.beat_seconds * BEATS_PER_PING)
    return None


def install(app: Quart) -> None:
    app.register_blueprint(blueprint)
    html.install_socket_topics(app, deps.context_of(app).topics.by_socket)
    if deps.context_of(app).settings.logging.requests:
        stream_log.install(app)
    app.while_serving(lambda: _while_serving(app))


async def _requested_topics(context: AppContext, text: str) -> RequestedTopics:
    """What the reader may subscribe to; a topic that is not for them is as unknown as one that does not exist."""
    requested = context.topics.parse_all(text)
    if requested and (restricted := context.topics.restricted(requested.topics)):
        identity = guards.identity()
        permitted = await context.topics.permitted(Subscription(identity, topic) for topic in restricted)
        unknown = restricted - {subscription.topic for subscription in permitted}
        requested = RequestedTopics(requested.topics - unknown, (*requested.unknown, *sorted(unknown)))
    if requested is None or not requested.topics:
        abort(400, TOPICS_HELP)
    return requested


def _retry_later() -> Response:
    return Response("", 503, {"Retry-After": "2", "HX-Reswap": "none"}, content_type="text/plain; charset=utf-8")


def _headers(form: FrameEncoding, origin: str | None, allowed: Container[str]) -> dict[str, str]:
    coding = {"Content-Encoding": "gzip"} if form is FrameEncoding.GZIP else {}
    return {**HEADERS, **_cors_headers(origin, allowed), **coding}


def _full_response(full: HubFull, context: AppContext) -> Response:
    """503 for a full process; 409 for a user at the limit, who must close a stream or take one over."""
    if not isinstance(full, UserStreamsFull):
        return _retry_later()
    words = f"{context.settings.live.streams_per_user} desks of yours are open: close one, or take over.\n"
    headers = {"Retry-After": "5", "HX-Reswap": "none"}
    return Response(words, 409, headers, content_type="text/plain; charset=utf-8")


def _end_with_this_task(connection: StreamConnection) -> None:
    """Ends the connection with the task of the request, unless the transport was taken over."""
    stream_log.begin(connection)
    answering = asyncio.current_task()
    assert answering
    answering.add_done_callback(
        lambda _: None if isinstance(connection.transport, transports.DirectTransport) else connection.on_lost()
    )


def _cors_headers(origin: str | None, allowed: Container[str]) -> dict[str, str]:
    """CORS headers for listed origins, never for "*"."""
    if origin is None or origin == "*" or origin not in allowed:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}


async def _asgi_body(hub: Hub, connection: StreamConnection, first: bytes, cursor: str) -> AsyncGenerator[bytes, None]:
    """Sends frames as an ordinary ASGI response."""
    transport = transports.AsgiTransport(connection)
    yield first
    connection.attach(transport, cursor)
    hub.recover(connection)
    async for batch in transport.batches():
        yield b"".join(map(unchunk, batch))


async def _start_socket(connection: StreamConnection, first: Sequence[bytes], ping_seconds: float) -> None:
    """`first`: messages sent before live frames."""
    scope = cast(Mapping[str, Any], websocket.scope)
    detached = transports.detach(
        scope, lambda transport, writer: WebSocketTransport(transport, writer, connection, ping_seconds)
    )
    if detached:
        framed = b"".join(wrap(text, connection.encoding) for text in first)
        detached.welcome(websocket.headers["Sec-WebSocket-Key"], framed)
        return
    await websocket.accept()
    for text in first:
        await websocket.send(text.decode())
    await serve_socket(connection, websocket)


def _unknown_topics(unknown: Sequence[str]) -> bytes:
    """JSON that lists the unknown topics; b"" for none."""
    names = [clean(word, LONGEST_TOPIC) for word in unknown]
    return json.dumps({"unknown_topics": names}).encode() if names else b""


def _hello(context: AppContext, cursor: str, unknown: Sequence[str]) -> ServerSentEvent:
    """The `hello` event: seconds between beats, then one line per unknown topic.

    It has no new id: until recovery is complete, the client's cursor stays the old one.
    """
    beat = f"{context.settings.live.beat_seconds:g}"
    lines = [beat, *(f"unknown topic: {clean(word, LONGEST_TOPIC)}" for word in unknown)]
    return ServerSentEvent("\n".join(lines), event="hello", id=cursor or None, retry=RETRY_MS)


async def _while_serving(app: Quart) -> AsyncGenerator[None, None]:
    context = deps.context_of(app)
    recovering: set[asyncio.Task[None]] = set()

    def recover(connection: StreamConnection) -> None:
        task = asyncio.create_task(_recover(context.recovery, connection))
        recovering.add(task)
        task.add_done_callback(recovering.discard)

    context.hub.recover = recover
    admitting = asyncio.create_task(Admission(app).run())
    yield
    for task in (admitting, *recovering):
        task.cancel()


async def _recover(recovery: StreamRecovery, connection: StreamConnection) -> None:
    """Sends what the connection missed; on any failure the client must reconnect."""
    recovered = False
    try:
        with suppress(wire.RedisUnavailable, SnapshotFailed):
            connection.catch_up(await recovery.missed_parts(connection, connection.position))
            recovered = True
    finally:
        if not recovered:
            connection.end("catch-up")
