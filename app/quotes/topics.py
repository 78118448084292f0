"""The grammar of the topics of quotes and charts."""

from app.finance.symbols import is_symbol
from app.live.topics import Topic, rest
from app.quotes.charts.history import ChartRequest
from app.quotes.charts.settings import ChartSettings, settings_of

QUOTES = Topic("quotes")
"""The quotes that the desk has rows for, and the rows: those of the first symbols, whichever these are by then."""
CHART = "chart"
USUAL = ChartSettings()


def quotes_topic(symbol: str) -> Topic:
    """The quote of one symbol."""
    return Topic(f"{QUOTES}:{symbol}")


def chart_topic(symbol: str, settings: ChartSettings = USUAL) -> Topic:
    return Topic(f"{CHART}:{symbol}:{settings.key}")


def is_chart(text: str) -> bool:
    """Whether it may stand behind `chart:`; the symbol in it may hold colons of its own."""
    symbol, _, key = text.rpartition(":")
    return is_symbol(symbol) and settings_of(key) is not None


def chart_request(topic: str) -> ChartRequest:
    """What a chart's topic asks for."""
    symbol, _, key = rest(topic).rpartition(":")
    return ChartRequest(symbol, settings_of(key) or USUAL)
