"""The page of all links to one thing: new ones, and those to revoke."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

from quart import Blueprint, Response, abort, current_app
from quart.typing import ResponseReturnValue

from app.db.pools import Pools
from app.owned.queries import lock_owner
from app.owned.shares import queries
from app.owned.shares.queries import MAX_SHARES, ShareKind
from app.web import guards, html
from app.web.one_time_secret import OneTimeSecret

FULL = f"There are at most {MAX_SHARES} links. Revoke one first."


class LinkedPage(NamedTuple):
    """What links show: a list or a screen. `path`: of its page, below which its links are; `shows`: what whoever has a
    link sees, as a sentence."""

    kind: ShareKind
    id: UUID
    name: str
    path: str
    shows: str

    @property
    def secret(self) -> OneTimeSecret:
        return OneTimeSecret("share", f"{self.path}/shares")


def share_routes(
    name: str,
    path: str,
    linked_page: Callable[[str], Awaitable[LinkedPage]],
    pools: Callable[[], Pools],
    public_url: Callable[[], str],
) -> Blueprint:
    """`path`: below which each thing has its slug. `linked_page`: of a slug; answers 404 to all but its owner."""
    blueprint = Blueprint(name, __name__)
    address = f"{path}/<slug:slug>/shares"

    @blueprint.get(address)
    @guards.signed_in
    async def show(slug: str) -> ResponseReturnValue:
        """The address of a new link is shown once, by the first page that its maker's browser requests."""
        linked = await linked_page(slug)
        page = await _page(linked, pools(), public_url(), linked.secret.received())
        return linked.secret.delete_cookie(page)

    @blueprint.post(address)
    @guards.signed_in
    async def create(slug: str) -> ResponseReturnValue:
        linked = await linked_page(slug)
        token = await _insert(linked, pools())
        return linked.secret.redirect(token) if token else await _page(linked, pools(), public_url(), status=422)

    @blueprint.get(f"{address}/<uuid:share_id>")
    @guards.signed_in
    async def show_share(slug: str, share_id: UUID) -> ResponseReturnValue:
        """The form is on the page of all links."""
        return current_app.redirect(f"{(await linked_page(slug)).path}/shares", 303)

    @blueprint.post(f"{address}/<uuid:share_id>")
    @guards.signed_in
    async def revoke(slug: str, share_id: UUID) -> ResponseReturnValue:
        linked = await linked_page(slug)
        async with pools().own.transaction() as connection:
            revoked = await queries.revoke(connection, guards.identity().user_id, linked.kind, linked.id, share_id)
        return current_app.redirect(f"{linked.path}/shares", 303) if revoked else abort(404)

    return blueprint


async def _insert(linked: LinkedPage, pools: Pools) -> str | None:
    user_id = guards.identity().user_id
    async with pools.own.transaction() as connection:
        await lock_owner(connection, user_id)
        return await queries.insert(connection, user_id, linked.kind, linked.id)


async def _page(linked: LinkedPage, pools: Pools, public_url: str, token: str = "", status: int = 200) -> Response:
    async with pools.own.acquire() as connection:
        links = await queries.of(connection, guards.identity().user_id, linked.kind, linked.id)
        target = await queries.target_of(connection, token) if token else None
    return await html.page(
        "owned/shares",
        title=f"Links to {linked.name}",
        status=status,
        linked=linked,
        shares=links,
        token=token if target and target.id == linked.id else "",
        full=FULL if status == 422 else "",
        public_url=public_url,
    )
