"""The boards of one web process: the newest of everything that it received."""

from typing import NamedTuple

from app.indicators.alerts import AlertBoard
from app.indicators.board import IndicatorBoard
from app.market.board import MarketBoard
from app.market.exchange.stream import HoursBoard
from app.market.overview.board import OverviewBoard
from app.patterns.board import PatternBoard
from app.quotes.board import QuoteBoard
from app.quotes.charts.cache import ChartCache
from app.quotes.charts.png import PngRenderer
from app.quotes.live_order import OrderBoard
from app.scans.matches.board import MatchBoard


class Boards(NamedTuple):
    quotes: QuoteBoard
    charts: ChartCache
    market: MarketBoard
    indicators: IndicatorBoard
    alerts: AlertBoard
    patterns: PatternBoard
    matches: MatchBoard
    orders: OrderBoard
    png: PngRenderer
    overview: OverviewBoard
    hours: HoursBoard


def empty_boards() -> Boards:
    quotes = QuoteBoard()
    return Boards(
        quotes,
        ChartCache(),
        MarketBoard(),
        IndicatorBoard(),
        AlertBoard(),
        PatternBoard(),
        MatchBoard(),
        OrderBoard(),
        PngRenderer(),
        OverviewBoard(quotes.every, quotes.share_ratio),
        HoursBoard(),
    )
