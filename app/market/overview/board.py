"""The overview of the market, made anew at most once a second, and the movers of each floor."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from app import db
from app.market.movers import ranking
from app.market.movers.ranking import ROWS, Floor, Mover
from app.market.overview.figures import SessionQuote, market_figures
from app.market.overview.overview import MarketOverview
from app.market.overview.pushed_values import PushedValues
from app.market.overview.stored import NOTHING_STORED, ShareRatio, StoredFigures

FRESH_SECONDS = 1.0
STORED_SECONDS = 60.0
"""After which stored figures are read again where somebody looks."""
RETRY_SECONDS = 5.0
"""After a reading that was not answered, or found nothing."""
RANKED_SECONDS = 30.0
"""For which the symbols of the movers stay, so that rows do not move while people read them; their figures go on."""
MOST_FLOORS = 256

Movers = Mapping[str, list[Mover]]
"""By the key of a list."""


class RankedSymbols(NamedTuple):
    """Symbols by the key of a list. `at`: wall time."""

    at: float
    session: date | None
    symbols: Mapping[str, list[str]]


class OverviewBoard:
    """`quotes`: the newest quotes of all symbols."""

    def __init__(self, quotes: Callable[[], Iterable[SessionQuote]], share_ratio: ShareRatio) -> None:
        self.load: Callable[[], Awaitable[StoredFigures]] = _nothing
        """Reads what is stored. Raises Unavailable."""
        self.away = False
        """Whether the database was away at the last reading."""
        self.stored_figures = NOTHING_STORED
        self.pushed = PushedValues()
        self._quotes, self._share_ratio = quotes, share_ratio
        self._overview: MarketOverview | None = None
        self._rankings: dict[Floor, RankedSymbols] = {}
        self._stored_at = float("-inf")
        self._stored_session: date | None = None
        self._reading = asyncio.Lock()

    def current(self, now: float | None = None) -> MarketOverview:
        """At most a second old. `now`: wall time, UTC epoch seconds."""
        now = time.time() if now is None else now
        if self._overview is None or not 0 <= now - self._overview.at < FRESH_SECONDS:
            self._overview = MarketOverview(now, market_figures(self._quotes()), self.stored_figures, self._share_ratio)
        return self._overview

    def is_due(self, now: float) -> bool:
        """Whether stored figures should be read. `now`: wall time."""
        session = self.current(now).figures.session
        return not 0 <= now - self._stored_at < STORED_SECONDS or session != self._stored_session

    async def refresh(self) -> None:
        """Reads what is stored where that is due; everybody who asks meanwhile waits for that. While the database is
        away the board keeps what it has."""
        async with self._reading:
            now = time.time()
            if not self.is_due(now):
                return
            self._stored_session = self.current(now).figures.session
            try:
                self.stored_figures = await self.load()
                self.away = False
            except db.Unavailable:
                self.away = True
            is_complete = not self.away and bool(self.stored_figures.days.places)
            self._stored_at = now if is_complete else now - STORED_SECONDS + RETRY_SECONDS
            self._overview = None

    def outdate(self) -> None:
        """Stored figures have changed."""
        self._stored_at = float("-inf")

    def movers(self, floor: Floor, now: float | None = None) -> Movers:
        """The first ROWS of each list; a symbol stays for RANKED_SECONDS."""
        overview = self.current(now)
        ranked = self._rankings.get(floor)
        if ranked is None or self._is_outdated(ranked, overview):
            ranked = self._rank(floor, overview)
        places = overview.places
        return {
            key: [ranking.mover(overview, places[symbol]) for symbol in symbols if symbol in places]
            for key, symbols in ranked.symbols.items()
        }

    def _is_outdated(self, ranked: RankedSymbols, overview: MarketOverview) -> bool:
        lasts = 0 <= overview.at - ranked.at < (RANKED_SECONDS if any(ranked.symbols.values()) else FRESH_SECONDS)
        return not lasts or ranked.session != overview.figures.session

    def _rank(self, floor: Floor, overview: MarketOverview) -> RankedSymbols:
        figures = overview.figures
        rows = ranking.ranking(overview, floor, ROWS)
        symbols = {key: [figures.symbols[row] for row in own] for key, own in rows.items()}
        self._rankings.pop(floor, None)
        while len(self._rankings) >= MOST_FLOORS:
            del self._rankings[next(iter(self._rankings))]
        self._rankings[floor] = ranked = RankedSymbols(overview.at, figures.session, symbols)
        return ranked


async def _nothing() -> StoredFigures:
    return NOTHING_STORED
