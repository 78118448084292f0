"""What was refused to whom: every 403 is passed on, to be written down."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from quart import Quart, Response, g
from quart.typing import ResponseTypes

from app.identity import Identity
from app.web import client


class ForbiddenRequest(NamedTuple):
    who: Identity | None
    """None where nobody is known, for example of what another site sent."""
    address: str
    route: str
    """The endpoint, of which there are few, where paths are as many as somebody likes."""
    what: str
    """The method and the path, without what opens something."""


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
    """But for tokens: whoever reads them says what was wrong with them."""
    if response is None or response.status_code != 403:
        return
    received, who = client.current_request(), g.get("identity")
    if who is None and client.bearer():
        return
    await note(ForbiddenRequest(who, client.address(), received.endpoint or "", f"{received.method} {client.path()}"))
