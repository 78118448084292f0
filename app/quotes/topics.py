"""The grammar of the topics of quotes and charts."""

from typing import cast

from app.finance.adjust import Prices
from app.finance.symbols import is_symbol
from app.live.topics import Topic, rest
from app.quotes.charts.history import RANGES, ChartRequest

QUOTES = Topic("quotes")
"""The quotes that the desk has rows for, and the rows: those of the first symbols, whichever these are by then."""
CHART = "chart"

_FORMS = frozenset(f"{span}{prices}" for span in RANGES for prices in ("", "-total", "-raw"))
"""What stands behind the last colon of a chart's topic; a symbol before it may hold colons of its own."""


def quotes_topic(symbol: str) -> Topic:
    """The quote of one symbol."""
    return Topic(f"{QUOTES}:{symbol}")


def chart_topic(symbol: str, span: str, prices: Prices = "split") -> Topic:
    return Topic(f"{CHART}:{symbol}:{span}" if prices == "split" else f"{CHART}:{symbol}:{span}-{prices}")


def is_chart(text: str) -> bool:
    """Whether it may stand behind `chart:`."""
    symbol, _, form = text.rpartition(":")
    return form in _FORMS and is_symbol(symbol)


def chart_request(topic: str) -> ChartRequest:
    """What a chart's topic asks for."""
    symbol, _, form = rest(topic).rpartition(":")
    span, _, prices = form.partition("-")
    return ChartRequest(symbol, span, cast(Prices, prices or "split"))
