"""Refusals in the audit: at most one a minute of each person, or address where nobody is known, and route."""

from contextlib import suppress

from app import db, deps, wire
from app.accounts import queries, throttle
from app.accounts.queries import Action, Outcome
from app.web.forbidden import Refusal

NOTED = "1/minute"


async def note(refusal: Refusal) -> None:
    """While Redis or the database is away, what is refused is refused all the same."""
    who = refusal.who
    whose = str(who.user_id) if who else throttle.neighbourhood(refusal.address)
    with suppress(wire.RedisUnavailable, db.Unavailable):
        if await deps.limits().hit("refused", f"{whose} {refusal.route}", NOTED) is not None:
            return
        actor, session = (who.email, who.session) if who else ("", "")
        done = (Action.REFUSE, Outcome.REFUSED, refusal.address, refusal.what, session)
        async with deps.pools().own.acquire() as connection:
            await queries.record(connection, actor, *done)
