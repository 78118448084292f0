"""Server-Sent Events on Quart, with the names, parameters and behaviour of sse-starlette 3.7."""

from quart_sse.body import SendTimeoutError
from quart_sse.event import Content, JSONServerSentEvent, ServerSentEvent, ensure_bytes
from quart_sse.response import EventSourceResponse
from quart_sse.shutdown import AppStatus

__all__ = [
    "AppStatus",
    "Content",
    "EventSourceResponse",
    "JSONServerSentEvent",
    "SendTimeoutError",
    "ServerSentEvent",
    "ensure_bytes",
]
