"""JSON API of universes."""

from typing import Annotated

import msgspec
from msgspec import Meta
from quart import Blueprint, abort

from app import deps
from app.finance.symbols import LONGEST
from app.identity import Scope
from app.scans.universes import queries
from app.web import api, guards

blueprint = Blueprint("universes_api", __name__, url_prefix=f"{api.ROOT}/universes")


class MembersParameters(msgspec.Struct, frozen=True):
    after: Annotated[api.PlainText, Meta(max_length=LONGEST, description="The `next` of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=5000)] = 1000


class ListedUniverse(msgspec.Struct, frozen=True):
    """`scope`: what `in` of a scan takes. `members`: how many there are now."""

    name: str
    key: str
    scope: str
    members: int


class ListedUniverses(msgspec.Struct, frozen=True):
    universes: list[ListedUniverse]


class UniverseMembers(msgspec.Struct, frozen=True):
    """Symbols, in order."""

    name: str
    key: str
    members: list[str]
    next: str | None


@blueprint.get("")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(ListedUniverses)
async def universes(_parameters: api.NoParameters) -> ListedUniverses:
    """Named lists of symbols that the market has."""
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        sizes = await queries.sizes(connection, shape)
    return ListedUniverses(
        [ListedUniverse(each.name, each.key, f"{each.name}:{each.key}", each.members) for each in sizes]
    )


@blueprint.get("/<name>/<path:key>")
@guards.signed_in
@guards.open_to_tokens(Scope.READ)
@api.typed(UniverseMembers, MembersParameters)
async def members(parameters: MembersParameters, name: str, key: str) -> UniverseMembers:
    """The members of a universe now."""
    shape = await deps.pools().shape()
    async with deps.pools().market.acquire() as connection:
        rest = await queries.members(connection, shape, name, key, parameters.after, parameters.limit + 1)
    if rest is None:
        abort(404, "There is no such universe.")
    page = rest[: parameters.limit]
    return UniverseMembers(name, key, page, page[-1] if len(rest) > len(page) else None)
