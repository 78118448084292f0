"""Links by which others read a screen."""

from quart import abort

from app import deps
from app.owned.shares.pages import LinkedPage, share_routes
from app.owned.shares.queries import ShareKind
from app.scans.screens import queries
from app.scans.screens.screen import SCREENS
from app.web import guards

SHOWS = (
    "the screen's name, its rule and the symbols for which it holds, also those of your lists if it looks at lists."
    " Your name, and names and notes of your lists, are not shown."
)


async def linked_page(slug: str) -> LinkedPage:
    async with deps.pools().own.acquire() as connection:
        screen = await queries.find(connection, guards.identity().user_id, slug) or abort(404)
    return LinkedPage(ShareKind.SCREEN, screen.id, screen.name, screen.path, SHOWS)


blueprint = share_routes("screen_sharing", SCREENS, linked_page, deps.pools, lambda: deps.settings().public_url)
