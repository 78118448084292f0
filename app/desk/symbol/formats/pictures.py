"""PNG pictures of charts: the same for every reader, drawn at most once a minute, one at a time for each chart."""

import hashlib
from typing import NamedTuple

from markupsafe import Markup
from quart import abort

from app.desk.symbol.formats.sources import ABSENT, ChartSources, chart_of
from app.identity import View
from app.quotes.charts import partials
from app.quotes.charts.model import ChartModel
from app.quotes.charts.picture import ChartPicture, chart_picture
from app.quotes.charts.png import PngUnavailable
from app.quotes.charts.settings import ChartSettings
from app.quotes.charts.share_card import WIDTH, share_card

SVG_SECONDS = 60.0
"""The shortest bar: no picture is drawn again before one can have closed."""
PNG_SECONDS = 3600.0


class SharePicture(NamedTuple):
    """`version`: a hash of what is drawn, so that its address may be kept for ever."""

    version: str
    png: bytes


def svg(chart: ChartModel, view: View) -> Markup:
    """The chart as an image by itself."""
    return partials.picture(chart.instrument.symbol, _drawing(chart, view))


async def share_picture(symbol: str, settings: ChartSettings, sources: ChartSources) -> SharePicture:
    """Answers 404 without bars, 503 where no PNG can be drawn."""
    cache, view = sources.cache, sources.plain_view

    async def draw() -> bytes:
        chart = await chart_of(symbol, settings, sources)
        drawing = _drawing(chart, view)
        layout = share_card(drawing, chart.instrument, sources.quotes.quote(symbol), sources.price_source, view)
        return partials.share_card(layout, partials.picture(symbol, drawing)).encode()

    card = await cache.get(f"chart:svg:{_digest(f'{symbol}?{settings.query()}'.encode())}", SVG_SECONDS, draw)
    version = _digest(card)
    try:
        png = await cache.get(
            f"chart:png:{version}", PNG_SECONDS, lambda: sources.renderer.render(card.decode(), WIDTH)
        )
    except PngUnavailable as error:
        abort(503, str(error))
    return SharePicture(version, png)


def _drawing(chart: ChartModel, view: View) -> ChartPicture:
    return chart_picture(chart, view) or abort(404, ABSENT)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
