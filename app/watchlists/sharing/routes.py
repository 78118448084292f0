"""Links by which others read a list."""

from quart import abort

from app import deps
from app.owned.shares.pages import LinkedPage, share_routes
from app.owned.shares.queries import ShareKind
from app.watchlists import queries
from app.web import guards

SHOWS = "the symbols and their prices. Your name and your notes are not shown."


async def linked_page(slug: str) -> LinkedPage:
    async with deps.pools().own.acquire() as connection:
        summary = await queries.summary(connection, guards.identity().user_id, slug) or abort(404)
    return LinkedPage(ShareKind.WATCHLIST, summary.id, summary.name, f"/w/{slug}", SHOWS)


blueprint = share_routes("sharing", "/w", linked_page, deps.pools, lambda: deps.settings().public_url)
