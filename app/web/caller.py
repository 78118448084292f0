"""What a request tells of who sent it."""

from quart import request


def address() -> str:
    """As the connection says; headers that a stranger can write are not believed."""
    return request.remote_addr or ""


def agent() -> str:
    return request.headers.get("User-Agent", "")


def opens_stream() -> bool:
    """An open stream is not a person who does something."""
    return "text/event-stream" in request.headers.get("Accept", "")
