"""JSON API of the audit, for administrators."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint

from app import deps
from app.admin import queries
from app.admin.queries import AuditFilter
from app.db.audit import AuditAction, AuditOutcome, record_by
from app.identity import Scope
from app.web import api, client, guards

blueprint = Blueprint("admin_api", __name__, url_prefix=api.ROOT)

AUDIT_RATE = "1/minute"
"""Per token or session, so that reading the audit page by page does not fill it."""

Word = Annotated[api.PlainText, Meta(max_length=254)]


class AuditQuery(msgspec.Struct, frozen=True):
    who: Word = ""
    action: Word = ""
    outcome: Word = ""
    since: api.Since | None = msgspec.field(name="from", default=None)
    until: api.Until | None = msgspec.field(name="to", default=None)
    before: Annotated[int, Meta(ge=1, le=2**63 - 1, description="The `next` of the page before.")] | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class Entry(msgspec.Struct, frozen=True):
    """`session`: the hash of the actor's session or token."""

    id: int
    time: datetime | None
    actor: str
    action: str
    outcome: str
    ip: str
    detail: str
    session: str


class Audit(msgspec.Struct, frozen=True):
    entries: list[Entry]
    next: int | None


@blueprint.get("/audit")
@guards.admin_only
@guards.open_to_tokens(Scope.ADMIN)
@api.typed(Audit, AuditQuery)
async def audit(query: AuditQuery) -> Audit:
    """Who did what, the newest first."""
    since, until = api.time_parameter("from", query.since), api.time_parameter("to", query.until)
    who = guards.identity()
    search = AuditFilter(query.who, query.action, query.outcome, since, until)
    async with deps.pools().own.acquire() as connection:
        rows = await queries.audit(connection, search, query.limit + 1, query.before)
        if await deps.limits().hit("export:audit", who.session, AUDIT_RATE) is None:
            await record_by(connection, who, AuditAction.EXPORT, AuditOutcome.OK, client.address(), "/api/v1/audit")
    page = rows[: query.limit]
    entries = [
        Entry(
            each.id,
            api.utc_datetime(each.at),
            each.actor,
            each.action,
            each.outcome,
            each.ip,
            each.detail,
            each.session,
        )
        for each in page
    ]
    return Audit(entries, page[-1].id if len(rows) > len(page) else None)
