"""What a request tells of who sent it."""

from quart import has_websocket_context, request, websocket
from quart.wrappers import BaseRequestWebsocket


def asked() -> BaseRequestWebsocket:
    """The request, or the handshake of a socket."""
    return websocket if has_websocket_context() else request


def address() -> str:
    """As the connection says; headers that a stranger can write are not believed."""
    return asked().remote_addr or ""


def agent() -> str:
    return asked().headers.get("User-Agent", "")


def opens_stream() -> bool:
    """An open stream is not a person who does something."""
    return has_websocket_context() or "text/event-stream" in request.headers.get("Accept", "")
