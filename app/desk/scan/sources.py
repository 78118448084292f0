"""What a scan is answered from."""

import time
from typing import NamedTuple

from app import deps
from app.db.pools import Pools
from app.deps import LiveRuleWatch
from app.finance.symbol_index import SymbolIndex
from app.market.board import MarketBoard
from app.quotes.board import QuoteBoard
from app.scans.matches.board import MatchBoard
from app.wire.cache.cache import Cache


class ScanSources(NamedTuple):
    pools: Pools
    cache: Cache
    watch: LiveRuleWatch
    symbols: SymbolIndex
    quotes: QuoteBoard
    matches: MatchBoard
    now: float
    """Market time, UTC epoch seconds."""


def scan_sources() -> ScanSources:
    """Of the application, for its routes."""
    boards, now = (deps.board(QuoteBoard), deps.board(MatchBoard)), time.time()
    market_time = deps.board(MarketBoard).market_time(now)
    of_market = market_time.at if market_time else now
    return ScanSources(deps.pools(), deps.cache(), deps.rule_watch(), deps.symbols(), *boards, of_market)
