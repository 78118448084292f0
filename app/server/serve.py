"""The web process: it listens, says that it is ready, and leaves in good order."""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from quart import Quart

from app import deps
from app.live import http1, transports
from app.server.factory import create_app
from app.settings.load import Settings
from app.web import descriptors, html

logger = logging.getLogger(__name__)

BACKLOG = 512
SEND_BUFFER = 65_536
STALLED_MS = 10_000
"""A peer that takes nothing for so long is gone."""

GC_THRESHOLD = 2_000
"""Objects more than were freed, before they are looked through: a stream's request makes some hundreds."""

DRAIN_SECONDS = 2.0
EXIT_SECONDS = 4.0
"""Seconds after the signal. From Python 3.12 on, Hypercorn would wait for ever for one client that never reads."""

Asgi = Callable[[Scope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]


def run_web(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    try:
        listener = listening(settings.host, settings.port)
    except OSError as error:
        raise SystemExit(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from None
    app = create_app(settings)
    settle()
    asyncio.run(_serve(app, listener, ready))


def settle() -> None:
    """What has been made by now stays: to walk all of it again and again would be a fifth of a reader's welcome."""
    html.compile_templates()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20)


def listening(host: str, port: int) -> socket.socket:
    """What is set here, every accepted connection inherits."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)
    return listener


async def serve_until(app: Quart, listener: socket.socket, stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Serves until `stop` is set, then ends every stream."""

    async def leave() -> None:
        ready()
        await stop.wait()
        context = deps.context_of(app)
        await context.hub.drain()
        await context.hub.wait_closed(DRAIN_SECONDS)

    _choose_transport(deps.context_of(app).settings.live.transport)
    http1.install()
    with descriptors.answer_when_exhausted(listener):
        await serve(_reject_invalid_targets(app), _config(listener), shutdown_trigger=leave)


def _choose_transport(transport: str) -> None:
    transports.uninstall()
    if transport == "auto" and not transports.install():
        logger.warning("streams use the slower transport: the direct transport does not fit this version of Hypercorn")


async def _serve(app: Quart, listener: socket.socket, ready: Callable[[], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def leave() -> None:
        stop.set()
        loop.call_later(EXIT_SECONDS, os._exit, 0)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)
    await serve_until(app, listener, stop, ready)


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.backlog = BACKLOG
    config.include_server_header = False
    config.keep_alive_max_requests = 10**9
    config.graceful_timeout = 1
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn")
    logging.getLogger("hypercorn").setLevel(logging.WARNING)
    return config


def _reject_invalid_targets(app: Quart) -> Asgi:
    """A target that is no path (`*`, and by HTTP/2 `x`) breaks Quart before it routes."""

    async def enter(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "websocket" and not scope["path"].startswith("/"):
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        elif scope["type"] == "http" and not scope["path"].startswith("/"):
            await _answer_no_path(scope, send)
        else:
            await app(scope, receive, send)

    return enter


async def _answer_no_path(scope: HTTPScope, send: ASGISendCallable) -> None:
    """What the server as a whole can do, if that is the question."""
    whole = scope["path"] == "*" and scope["method"] == "OPTIONS"
    fields = [(b"allow", b"GET, HEAD, OPTIONS, POST")] if whole else [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 204 if whole else 400, "headers": fields})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
