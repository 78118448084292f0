"""A chart as whoever has its link sees it: a picture, and a page that link previews read."""

from urllib.parse import parse_qsl
from uuid import UUID

from quart import Response, abort

from app.db.pools import Pools
from app.desk.shared.screens import ABSENT
from app.desk.symbol.formats.pictures import SharePicture, share_picture
from app.desk.symbol.formats.sources import ChartSources, chart_of, settings_of
from app.quotes.charts.sentences import describe
from app.quotes.charts.settings import ChartSettings
from app.quotes.charts.share_card import HEIGHT, WIDTH
from app.quotes.sharing import queries
from app.quotes.sharing.queries import ChartAddress
from app.web import html, numbers


async def shared_picture(chart_id: UUID, pools: Pools, sources: ChartSources) -> SharePicture:
    address = await _address(chart_id, pools)
    return await share_picture(address.symbol, _settings(address), sources)


async def shared_chart(chart_id: UUID, url: str, pools: Pools, sources: ChartSources) -> Response:
    """`url`: of the page."""
    address, view = await _address(chart_id, pools), sources.plain_view
    chart = await chart_of(address.symbol, _settings(address), sources)
    quote = sources.quotes.quote(address.symbol)
    price = f" {numbers.price(quote.price, quote.instrument, view)}" if quote else ""
    change = f" ({numbers.percent(quote.fraction, view)})" if quote and quote.fraction is not None else ""
    return await html.page(
        "quotes/shared_chart",
        title=f"{address.symbol}{price}{change}",
        instrument=chart.instrument,
        summary=describe(chart, view),
        chart_settings=address.settings,
        url=url,
        width=WIDTH,
        height=HEIGHT,
    )


async def _address(chart_id: UUID, pools: Pools) -> ChartAddress:
    async with pools.own.acquire() as connection:
        return await queries.by_id(connection, chart_id) or abort(404, ABSENT)


def _settings(address: ChartAddress) -> ChartSettings:
    return settings_of(dict(parse_qsl(address.settings)))
