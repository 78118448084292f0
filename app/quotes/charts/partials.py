"""Charts as HTML: each function draws the partial of its name."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from app.identity import View
from app.quotes.charts.candles import LastBar
from app.quotes.charts.grid import ScaleRule
from app.quotes.charts.model import ChartModel
from app.quotes.charts.picture import ChartPicture
from app.quotes.charts.plot import ChartPlot, DrawnMark, KeyEntry
from app.quotes.charts.share_card import ShareCard
from app.web.html import fragment


def caption(model: ChartModel, most: int, view: View) -> Markup:
    """What the chart cannot show, and what its prices are adjusted for. `most`: how many jumps are named."""
    return fragment("charts/caption", model=model, most=most, view=view)


def candle(symbol: str, last: LastBar) -> Markup:
    """The bar that may still run, with its volume."""
    return fragment("charts/candle", symbol=symbol, last=last)


def level(symbol: str, last: LastBar, value: str) -> Markup:
    """The tag of the last price on the axis."""
    return fragment("charts/level", symbol=symbol, last=last, value=value)


def key(symbol: str, entries: Sequence[KeyEntry], words: str, view: View) -> Markup:
    """Names and last values of the curves."""
    return fragment("charts/key", symbol=symbol, entries=entries, words=words, view=view)


def pane(symbol: str, number: int, values: Sequence[ScaleRule], view: View) -> Markup:
    """The last values of a lower pane, on its axis."""
    return fragment("charts/pane", symbol=symbol, number=number, values=values, view=view)


def bar(symbol: str, text: str) -> Markup:
    """The words of the last bar."""
    return fragment("charts/bar", symbol=symbol, text=text)


def chart(
    symbol: str,
    plot: ChartPlot | None,
    title: str,
    sentences: Sequence[str],
    pieces: Mapping[str, Markup],
    panes: Sequence[Markup],
    items: Sequence[tuple[str, DrawnMark | None]],
    height: int,
    view: View,
) -> Markup:
    """`pieces`: key, candle, level and bar, which are pushed by themselves; `panes`: last values of the lower panes;
    `items`: the words of each bar, empty for the last one, and its mark."""
    return fragment(
        "charts/chart",
        symbol=symbol,
        plot=plot,
        title=title,
        sentences=sentences,
        pieces=pieces,
        panes=panes,
        items=items,
        height=height,
        view=view,
    )


def picture(symbol: str, drawing: ChartPicture) -> Markup:
    """The chart as an image by itself, without the page's styles."""
    return fragment("charts/picture", symbol=symbol, drawing=drawing)


def share_card(card: ShareCard, picture: Markup) -> Markup:
    """The image under symbol and price, for link previews."""
    return fragment("charts/share_card", card=card, picture=picture)
