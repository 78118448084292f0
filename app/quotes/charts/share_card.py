"""A chart as a picture for link previews: symbol and price in large letters over the chart."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from app.finance.instrument import Instrument
from app.identity import View
from app.quotes.charts.lettering import FontStyle, drawable, shortened, text_width
from app.quotes.charts.picture import ChartPicture
from app.quotes.quote import SymbolQuote
from app.web import filters, numbers

WIDTH, HEIGHT = 1200, 630
MARGIN = 36
GAP = 20
SIZES = {"large": 46, "small": 28}

Letters = Literal["large", "small"]


class PlacedText(NamedTuple):
    """`left`: in pixels. `tone`: empty, or that of a change."""

    text: str
    left: float
    letters: Letters
    style: FontStyle
    tone: str = ""


class ShareCard(NamedTuple):
    """`picture_width`, `picture_height`: of the chart, in its own units. `price_source`: what the prices are, such as
    an invented market; may be empty."""

    instrument: Instrument
    texts: tuple[PlacedText, ...]
    picture_width: int
    picture_height: int
    price_source: str


def share_card(
    picture: ChartPicture, instrument: Instrument, quote: SymbolQuote | None, price_source: str, view: View
) -> ShareCard:
    texts = tuple(_texts(instrument, quote, view))
    return ShareCard(instrument, texts, picture.width, picture.height, drawable(price_source))


def _texts(instrument: Instrument, quote: SymbolQuote | None, view: View) -> Iterator[PlacedText]:
    """The price is at the right edge. The name takes what is left between it and the symbol."""
    symbol = PlacedText(drawable(instrument.symbol), MARGIN, "large", "SemiBold")
    yield symbol
    right = [*_price(quote, view)] if quote else []
    left, until = _end(symbol) + GAP, (right[-1].left if right else WIDTH - MARGIN) - GAP
    if name := shortened(drawable(instrument.name), SIZES["small"], until - left):
        yield PlacedText(name, left, "small", "Regular")
    yield from right


def _price(quote: SymbolQuote, view: View) -> Iterator[PlacedText]:
    """From the right edge leftwards."""
    change = f"{filters.arrow(quote.change)} {numbers.percent(quote.fraction, view)}".strip()
    left = WIDTH - MARGIN - _width(change, "small", "SemiBold")
    yield PlacedText(change, left, "small", "SemiBold", filters.tone(quote.change))
    price = drawable(numbers.price(quote.price, quote.instrument, view))
    yield PlacedText(price, left - GAP - _width(price, "large", "SemiBold"), "large", "SemiBold")


def _end(text: PlacedText) -> float:
    return text.left + _width(text.text, text.letters, text.style)


def _width(text: str, letters: Letters, style: FontStyle) -> float:
    return text_width(text, SIZES[letters], style)
