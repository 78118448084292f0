"""Access log: a line per request with method, path, status, duration and user, if the settings ask for it."""

import logging
import time

from quart import Quart, Response, g
from quart.typing import ResponseTypes

from app.identity import Identity
from app.web import client

logger = logging.getLogger(__name__)

STREAMS = "streams"
"""The blueprint whose connections are logged when they end."""


def install(app: Quart) -> None:
    """Call first, so that refused requests are logged too."""

    async def begin() -> None:
        g.request_begun = time.monotonic()

    async def after_request(response: Response) -> Response:
        if client.current_request().blueprint != STREAMS or response.status_code != 200:
            _log_answer(response)
        return response

    async def after_handshake(response: ResponseTypes | None) -> ResponseTypes | None:
        if response is not None:
            _log_answer(response)
        return response

    app.before_request(begin)
    app.before_websocket(begin)
    app.after_request(after_request)
    app.after_websocket(after_handshake)


def log(method: str, path: str, status: int, seconds: float, size: int | None, user: str) -> None:
    """`size`: bytes of the body as sent, None if unknown. `user`: the id or ""."""
    fields = {"method": method, "path": path, "status": status, "ms": round(seconds * 1000, 1)}
    sent = {} if size is None else {"bytes": size}
    logger.info("request", extra={**fields, **sent, "user": user})


def _log_answer(response: ResponseTypes) -> None:
    received, who = client.current_request(), g.get("identity")
    seconds = time.monotonic() - g.get("request_begun", time.monotonic())
    log(received.method, client.path(), response.status_code, seconds, response.content_length, user_of(who))


def user_of(who: Identity | None) -> str:
    return str(who.user_id) if who else ""
