"""How much one person may ask in a minute, or one address of which nobody is known."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from quart import Quart, Response, current_app, g, request

from app.identity import Identity
from app.web import caller, errors

Hit = Callable[[str, str, str], Awaitable[float | None]]
"""Scope, key and a limit such as "10/5minute": None, or the seconds to wait."""

EXEMPT = frozenset({"static", "health", "reports", "streams"})
"""By blueprint or endpoint: what costs next to nothing, must answer always, or has bounds of its own."""


class Bounds(NamedTuple):
    """Requests a minute."""

    per_user: int
    per_address: int
    per_token: int


def install(app: Quart, bounds: Bounds, hit: Hit, neighbourhood: Callable[[str], str]) -> None:
    """After guards: they say who it is, and refuse more cheaply than a count costs."""

    async def check() -> Response | None:
        endpoint = request.endpoint or ""
        if endpoint.partition(".")[0] in EXEMPT:
            return None
        known: Identity | None = g.get("identity")
        if known and known.scope:
            asked = ("requests:token", known.session, f"{bounds.per_token}/minute")
        elif known:
            asked = ("requests:user", str(known.user_id), f"{bounds.per_user}/minute")
        else:
            asked = ("requests:address", neighbourhood(caller.address()), f"{bounds.per_address}/minute")
        try:
            wait = await hit(*asked)
        except current_app.extensions.get("unavailable", ()):
            # What is public goes on without a count; what is not has been refused by now.
            return None
        return None if wait is None else await errors.answer(429, retry_after=wait)

    app.before_request(check)
