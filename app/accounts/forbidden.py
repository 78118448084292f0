"""Records refused requests (403) in the audit: at most one a minute per route and person, or address if unknown."""

from contextlib import suppress

from app import db, deps, wire
from app.accounts import throttle
from app.db.audit import AuditAction, AuditOutcome, record
from app.web.forbidden import ForbiddenRequest

AUDIT_RATE = "1/minute"


async def note(refusal: ForbiddenRequest) -> None:
    """A failing Redis or database does not change the refusal: then nothing is recorded."""
    who = refusal.who
    whose = str(who.user_id) if who else throttle.client_network(refusal.address)
    with suppress(wire.RedisUnavailable, db.Unavailable):
        if await deps.limits().hit("refused", f"{whose} {refusal.route}", AUDIT_RATE) is not None:
            return
        actor, session = (who.email, who.session) if who else ("", "")
        entry = (AuditAction.REFUSE_REQUEST, AuditOutcome.DENIED, refusal.address, refusal.what, session)
        async with deps.pools().own.acquire() as connection:
            await record(connection, actor, *entry)
