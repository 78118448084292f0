"""A line for each stream and socket when it ends, where the settings ask for a line for each request."""

import time

from quart import Quart, current_app

from app import deps
from app.live.connection import Reader
from app.live.frames import Form
from app.web import request_log

PATHS = {Form.SOCKET: ("/ws/quotes", 101)}
STREAM = ("/stream", 200)


class StreamLog:
    """Without bytes: frames are shared, and counted for all their readers together (/metrics)."""

    def __init__(self) -> None:
        self._begun: dict[Reader, float] = {}

    def begin(self, reader: Reader) -> None:
        self._begun[reader] = time.monotonic()

    def end(self, reader: Reader) -> None:
        begun = self._begun.pop(reader, None)
        if begun is not None:
            path, status = PATHS.get(reader.form, STREAM)
            request_log.log("GET", path, status, time.monotonic() - begun, None, request_log.user_of(reader.identity))


def install(app: Quart) -> None:
    """In a desk whose settings ask for it."""
    log = StreamLog()
    app.extensions["stream log"] = log
    deps.house_of(app).hub.closed = log.end


def begin(reader: Reader) -> None:
    log: StreamLog | None = current_app.extensions.get("stream log")
    if log is not None:
        log.begin(reader)
