"""The page of all links to one thing: new ones, and those to revoke."""

from typing import NamedTuple
from uuid import UUID

from quart import Response, abort, current_app
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


async def show(linked: LinkedPage, pools: Pools, public_url: str) -> Response:
    """The address of a new link is shown once, by the first page that its maker's browser requests."""
    return linked.secret.delete_cookie(await _page(linked, pools, public_url, linked.secret.received()))


async def create(linked: LinkedPage, pools: Pools, public_url: str) -> Response:
    user_id = guards.identity().user_id
    async with pools.own.transaction() as connection:
        await lock_owner(connection, user_id)
        token = await queries.insert(connection, user_id, linked.kind, linked.id)
    return linked.secret.redirect(token) if token else await _page(linked, pools, public_url, status=422)


async def revoke(linked: LinkedPage, share_id: UUID, pools: Pools) -> ResponseReturnValue:
    """Answers 404 if there is none that is not revoked."""
    async with pools.own.transaction() as connection:
        revoked = await queries.revoke(connection, guards.identity().user_id, linked.kind, linked.id, share_id)
    return current_app.redirect(f"{linked.path}/shares", 303) if revoked else abort(404)


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
