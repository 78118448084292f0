"""Connections of a page to PostgreSQL and Redis."""

from playwright.async_api import Page, Request

from tests.web.conftest import Server


def stream_requests(page: Page, path: str = "/stream?") -> list[Request]:
    """Collects the stream requests of the page from now on."""
    seen_requests: list[Request] = []
    page.on("request", lambda request: seen_requests.append(request) if path in request.url else None)
    return seen_requests


async def _silent(server: Server) -> bool:
    return not await server.say({"key": "nobody", "html": "<p></p>"})


async def _is(value: bool) -> bool:
    return value
