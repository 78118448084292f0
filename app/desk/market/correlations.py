"""The part of the market page with the correlations of a list."""

from typing import NamedTuple
from uuid import UUID

from app import db
from app.db.pools import Pools
from app.desk.market.forms import ListChoiceForm
from app.market.correlations import load
from app.market.correlations.matrix import CorrelationMatrix
from app.market.overview.board import OverviewBoard
from app.watchlists import queries
from app.watchlists.watchlist import NoSuchList, Watchlist
from app.wire.cache.cache import Cache


class ListCorrelations(NamedTuple):
    """`form` None: the database is away. `watchlist` None: none was chosen. `matrix` None: the market's is away, or no
    list was chosen."""

    form: ListChoiceForm | None
    watchlist: Watchlist | None = None
    matrix: CorrelationMatrix | None = None


async def list_correlations(
    user_id: UUID, slug: str, pools: Pools, cache: Cache, board: OverviewBoard
) -> ListCorrelations:
    """`slug`: of a list of one's own, or empty. Raises NoSuchList."""
    try:
        async with pools.own.acquire() as connection:
            form = ListChoiceForm(await queries.summaries(connection, user_id), slug)
            watchlist = await queries.find(connection, user_id, slug) if slug else None
    except db.Unavailable:
        return ListCorrelations(None)
    if slug and watchlist is None:
        raise NoSuchList
    if watchlist is None:
        return ListCorrelations(form)
    symbols, session = [entry.symbol for entry in watchlist.entries], board.current().figures.session
    try:
        return ListCorrelations(form, watchlist, await load.matrix(symbols, session, pools, cache))
    except db.Unavailable:
        return ListCorrelations(form, watchlist)
