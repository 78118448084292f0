"""Reports every 403, so that it can be recorded."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from quart import Quart, Response, g
from quart.typing import ResponseTypes

from app.identity import Identity
from app.web import client


class ForbiddenRequest(NamedTuple):
    who: Identity | None
    """None if the user is unknown, for example for a request from another site."""
    address: str
    route: str
    """The endpoint; a bounded number, unlike paths."""
    what: str
    """Method and path, without secrets."""


Note = Callable[[ForbiddenRequest], Awaitable[None]]


def install(app: Quart, note: Note) -> None:
    async def after_request(response: Response) -> Response:
        await _report(response, note)
        return response

    async def after_handshake(response: ResponseTypes | None) -> ResponseTypes | None:
        await _report(response, note)
        return response

    app.after_request(after_request)
    app.after_websocket(after_handshake)


async def _report(response: ResponseTypes | None, note: Note) -> None:
    """Except for tokens, whose refusals are recorded where they are checked."""
    if response is None or response.status_code != 403:
        return
    received, who = client.current_request(), g.get("identity")
    if who is None and client.bearer():
        return
    await note(ForbiddenRequest(who, client.address(), received.endpoint or "", f"{received.method} {client.path()}"))
