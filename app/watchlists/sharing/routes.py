"""Links by which others read a list: new ones, and those to revoke."""

from uuid import UUID

from quart import Blueprint, abort, current_app
from quart.typing import ResponseReturnValue

from app import deps
from app.owned.shares import page
from app.owned.shares.page import LinkedPage
from app.owned.shares.queries import ShareKind
from app.watchlists import queries
from app.web import guards

blueprint = Blueprint("sharing", __name__)

SHOWS = "the symbols and their prices. Your name and your notes are not shown."


@blueprint.get("/w/<slug:slug>/shares")
@guards.signed_in
async def show(slug: str) -> ResponseReturnValue:
    return await page.show(await _linked(slug), deps.pools(), deps.settings().public_url)


@blueprint.post("/w/<slug:slug>/shares")
@guards.signed_in
async def create(slug: str) -> ResponseReturnValue:
    return await page.create(await _linked(slug), deps.pools(), deps.settings().public_url)


@blueprint.get("/w/<slug:slug>/shares/<uuid:share_id>")
@guards.signed_in
async def show_share(slug: str, share_id: UUID) -> ResponseReturnValue:
    """The form is on the page of all links of the list."""
    return current_app.redirect(f"{(await _linked(slug)).path}/shares", 303)


@blueprint.post("/w/<slug:slug>/shares/<uuid:share_id>")
@guards.signed_in
async def revoke(slug: str, share_id: UUID) -> ResponseReturnValue:
    return await page.revoke(await _linked(slug), share_id, deps.pools())


async def _linked(slug: str) -> LinkedPage:
    async with deps.pools().own.acquire() as connection:
        summary = await queries.summary(connection, guards.identity().user_id, slug) or abort(404)
    return LinkedPage(ShareKind.WATCHLIST, summary.id, summary.name, f"/w/{slug}", SHOWS)
