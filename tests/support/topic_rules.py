"""The registry of the application's topics, with boards that are empty and a database that is away."""

from app.db.pools import Pool, Pools
from app.indicators.board import IndicatorBoard
from app.market.board import MarketBoard
from app.patterns.board import PatternBoard
from app.pipeline.boards import Boards
from app.pipeline.topics import TopicRegistry, families
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import ChartCache

_AWAY = Pool("postgresql://nobody@127.0.0.1:1/none", "away")
AWAY = Pools(_AWAY, _AWAY)


def boards() -> Boards:
    return Boards(QuoteBoard(), ChartCache(), MarketBoard(), IndicatorBoard(), PatternBoard())


def registry(over: Boards | None = None) -> TopicRegistry:
    return TopicRegistry(families(over or boards(), AWAY))


RULES = registry()
"""For a hub in a test that draws no snapshot."""
