"""Logs one line for each stream and WebSocket when it ends, if request logging is on."""

import time

from quart import Quart, current_app

from app import deps
from app.live.connection import StreamConnection
from app.live.frames import FrameEncoding
from app.web import request_log

PATHS = {FrameEncoding.SOCKET: ("/ws/quotes", 101)}
STREAM = ("/stream", 200)


class StreamLog:
    """Logs without bytes: shared frames are counted in /metrics."""

    def __init__(self) -> None:
        self._started_at: dict[StreamConnection, float] = {}

    def begin(self, connection: StreamConnection) -> None:
        self._started_at[connection] = time.monotonic()

    def end(self, connection: StreamConnection) -> None:
        started_at = self._started_at.pop(connection, None)
        if started_at is not None:
            path, status = PATHS.get(connection.encoding, STREAM)
            request_log.log(
                "GET", path, status, time.monotonic() - started_at, None, request_log.user_of(connection.identity)
            )


def install(app: Quart) -> None:
    """Enables the log for this application."""
    log = StreamLog()
    app.extensions["stream log"] = log
    deps.context_of(app).hub.closed_callback = log.end


def begin(connection: StreamConnection) -> None:
    log: StreamLog | None = current_app.extensions.get("stream log")
    if log is not None:
        log.begin(connection)
