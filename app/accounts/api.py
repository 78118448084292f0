"""JSON API of the account of whoever sends the request."""

from datetime import UTC, datetime

import msgspec
from quart import Blueprint

from app.identity import Role, Scope
from app.web import api, guards

blueprint = Blueprint("accounts_api", __name__, url_prefix=api.ROOT)


class Me(msgspec.Struct, frozen=True):
    """`role` is the role the request acts with; `scope` is null for a browser session."""

    email: str
    role: Role
    scope: Scope | None
    time: datetime


@blueprint.get("/me")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(Me)
async def me(_parameters: api.NoParameters) -> Me:
    """Who you are here, and what this token may do."""
    who = guards.identity()
    return Me(who.email, who.role, who.scope, datetime.now(UTC))
