"""Rate limits of requests and of opening streams, per token, per user, or per address without a user."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from quart import Quart, Response, current_app, g

from app.identity import Identity
from app.web import client, errors

Hit = Callable[[str, str, str], Awaitable[float | None]]
"""Scope, key and a limit such as "10/5minute"; returns None, or the seconds to wait."""

EXEMPT = frozenset({"static", "health", "reports"})
"""Blueprints and endpoints without limits: they are cheap, or must always answer."""

STREAMS = "streams"
"""The blueprint of streams, counted when they open: apart from requests, and also per address."""


class RequestLimits(NamedTuple):
    """Per minute."""

    per_user: int
    per_address: int
    per_token: int
    openings_per_user: int
    openings_per_address: int


class LimitKey(NamedTuple):
    scope: str
    key: str
    limit: str


def install(app: Quart, bounds: RequestLimits, hit: Hit, client_network: Callable[[str], str]) -> None:
    """Call after guards.install: guards find the user, and refuse more cheaply."""

    async def check() -> Response | None:
        part = (client.current_request().endpoint or "").partition(".")[0]
        if part in EXEMPT:
            return None
        counts = _openings(bounds, client_network) if part == STREAMS else [_request(bounds, client_network)]
        try:
            waits = await asyncio.gather(*(hit(*count) for count in counts))
        except current_app.extensions.get("unavailable", ()):
            # Without Redis public views are not counted; others were refused before.
            return None
        longest = max((wait for wait in waits if wait is not None), default=None)
        return None if longest is None else await errors.answer(429, retry_after=longest)

    app.before_request(check)
    app.before_websocket(check)


def _request(bounds: RequestLimits, client_network: Callable[[str], str]) -> LimitKey:
    who: Identity | None = g.get("identity")
    if who and who.scope:
        return LimitKey("requests:token", who.session, f"{bounds.per_token}/minute")
    if who:
        return LimitKey("requests:user", str(who.user_id), f"{bounds.per_user}/minute")
    return LimitKey("requests:address", client_network(client.address()), f"{bounds.per_address}/minute")


def _openings(bounds: RequestLimits, client_network: Callable[[str], str]) -> list[LimitKey]:
    who: Identity | None = g.get("identity")
    counts = [LimitKey("openings:address", client_network(client.address()), f"{bounds.openings_per_address}/minute")]
    if who:
        counts.append(LimitKey("openings:user", str(who.user_id), f"{bounds.openings_per_user}/minute"))
    return counts
