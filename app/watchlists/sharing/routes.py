"""Links by which others read a list: new ones, and those to revoke."""

from uuid import UUID

from quart import Blueprint, Response, abort, current_app
from quart.typing import ResponseReturnValue

from app import deps
from app.shares import queries as shares
from app.shares.queries import MAX_SHARES, ShareKind
from app.watchlists import queries
from app.watchlists.changes import lists
from app.watchlists.watchlist import Summary
from app.web import guards, html
from app.web.one_time_secret import OneTimeSecret

blueprint = Blueprint("sharing", __name__)

FULL = f"A list has at most {MAX_SHARES} links. Revoke one first."


@blueprint.get("/w/<slug:slug>/shares")
@guards.signed_in
async def show(slug: str) -> ResponseReturnValue:
    summary = await _summary(slug)
    return _secret(slug).delete_cookie(await _page(summary))


@blueprint.post("/w/<slug:slug>/shares")
@guards.signed_in
async def create(slug: str) -> ResponseReturnValue:
    summary, user_id = await _summary(slug), guards.identity().user_id
    async with deps.pools().own.transaction() as connection:
        await lists.lock(connection, user_id, slug)
        token = await shares.insert(connection, user_id, ShareKind.WATCHLIST, summary.id)
    return _secret(slug).redirect(token) if token else await _page(summary, 422)


@blueprint.get("/w/<slug:slug>/shares/<uuid:share_id>")
@guards.signed_in
async def show_share(slug: str, share_id: UUID) -> ResponseReturnValue:
    """The form is on the page of all links of the list."""
    return current_app.redirect(f"/w/{(await _summary(slug)).slug}/shares", 303)


@blueprint.post("/w/<slug:slug>/shares/<uuid:share_id>")
@guards.signed_in
async def revoke(slug: str, share_id: UUID) -> ResponseReturnValue:
    summary, user_id = await _summary(slug), guards.identity().user_id
    async with deps.pools().own.transaction() as connection:
        revoked = await shares.revoke(connection, user_id, ShareKind.WATCHLIST, summary.id, share_id)
    return current_app.redirect(f"/w/{slug}/shares", 303) if revoked else abort(404)


async def _page(summary: Summary, status: int = 200) -> Response:
    """The address of a new link is shown once, by the first page that its maker's browser requests."""
    token = _secret(summary.slug).received() if status == 200 else ""
    async with deps.pools().own.acquire() as connection:
        rows = await shares.of(connection, guards.identity().user_id, ShareKind.WATCHLIST, summary.id)
        target = await shares.target_of(connection, ShareKind.WATCHLIST, token) if token else None
    return await html.page(
        "watchlists/shares",
        title=f"Links to {summary.name}",
        status=status,
        summary=summary,
        shares=rows,
        token=token if target == summary.id else "",
        full=FULL if status == 422 else "",
        public_url=deps.settings().public_url,
    )


def _secret(slug: str) -> OneTimeSecret:
    return OneTimeSecret("share", f"/w/{slug}/shares")


async def _summary(slug: str) -> Summary:
    async with deps.pools().own.acquire() as connection:
        summary = await queries.summary(connection, guards.identity().user_id, slug)
    return summary or abort(404)
