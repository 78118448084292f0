"""What a scan is answered from."""

from typing import NamedTuple

from app import deps
from app.db.pools import Pools
from app.deps import LiveRuleWatch
from app.finance.symbol_index import SymbolIndex
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


def scan_sources() -> ScanSources:
    """Of the application, for its routes."""
    boards = deps.board(QuoteBoard), deps.board(MatchBoard)
    return ScanSources(deps.pools(), deps.cache(), deps.rule_watch(), deps.symbols(), *boards)
