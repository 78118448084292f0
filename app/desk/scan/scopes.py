"""What a scan looks at: universes, and watchlists of one person."""

from typing import NamedTuple
from uuid import UUID

from app.desk.scan import vocabulary
from app.desk.scan.sources import ScanSources
from app.scans import address as addresses
from app.watchlists import queries as watchlists


class UnknownScope(Exception):
    """`status`: 404 for a list that is not there or is somebody else's, 400 for a universe. The text is for people."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class ResolvedScope(NamedTuple):
    """`symbols`: of the watchlists, None without any. `lists`: their names."""

    symbols: tuple[str, ...] | None
    universes: tuple[str, ...]
    lists: tuple[str, ...]

    @property
    def words(self) -> str:
        return " and ".join((*self.universes, *self.lists)) or "all symbols"

    @property
    def shared_words(self) -> str:
        """Without the names of lists, which are their owner's."""
        return self._replace(lists=("a list",) if self.lists else ()).words


async def resolve_scope(scope: tuple[str, ...], user_id: UUID, sources: ScanSources) -> ResolvedScope:
    """`user_id`: whose lists are meant. Raises UnknownScope."""
    names, symbols = [], []
    for slug in addresses.list_slugs(scope):
        async with sources.pools.own.acquire() as connection:
            watchlist = await watchlists.find(connection, user_id, slug)
        if watchlist is None:
            raise UnknownScope(404, f"in: you have no list {slug}.")
        names.append(watchlist.summary.name)
        symbols += [entry.symbol for entry in watchlist.entries]
    universes = addresses.universes(scope)
    if universes:
        existing = {word.lower() for word in (await vocabulary.facts(sources.pools, sources.cache))["universe"]}
        for name in universes:
            if name.lower() not in existing:
                raise UnknownScope(400, f"in: there is no universe {name}.")
    return ResolvedScope(tuple(symbols) if names else None, universes, tuple(names))
