"""Answers with a chart in a format: what the address names, with its version and its headers."""

import hashlib
import re

from quart import Response

from app.desk.symbol.formats.bodies import render
from app.desk.symbol.formats.pictures import SharePicture, share_picture
from app.desk.symbol.formats.sources import ChartSources, as_of, chart_of, settings_of
from app.finance.symbol_index import visible_query
from app.identity import View
from app.quotes import lookup
from app.quotes.charts.model import ChartModel
from app.web import conditional, guards
from app.web.documents import MEDIA_TYPES, REVALIDATED, DocumentFormat, DocumentRequest
from app.web.filters import symbol_path
from app.web.problems import DetailedProblem

IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""An image has its styles inside; opened by itself it would have none under the policy of pages."""
CHARSET = "; charset=utf-8"


async def answer(document: DocumentRequest, sources: ChartSources) -> Response:
    """Answers 400 for settings that cannot be read, 404 with near matches for an unknown symbol."""
    symbol = await _spelling(document.name, sources)
    if symbol != document.name:
        return _redirect(document.address(symbol_path(symbol), document.version))
    settings = settings_of(document.arguments)
    if document.kind is DocumentFormat.PNG:
        picture = await share_picture(symbol, settings, sources)
        if document.version == picture.version:
            return png_response(picture, document.cache_control(picture.version))
        return _redirect(document.address(symbol_path(symbol), picture.version))
    chart, view = await chart_of(symbol, settings, sources), guards.view()
    version = _version(chart, as_of(chart, sources.quotes), view)
    headers = _headers(document, symbol, version)
    if "ETag" in headers and conditional.is_unchanged(version):
        return Response("", 304, headers)
    body = await render(chart, document.kind, version, view, sources)
    return Response(body, 200, headers, content_type=_content_type(document.kind))


def png_response(picture: SharePicture, cache_control: str = REVALIDATED) -> Response:
    headers = {"ETag": conditional.etag(picture.version), "Cache-Control": cache_control}
    if conditional.is_unchanged(picture.version):
        return Response("", 304, headers)
    return Response(picture.png, 200, headers, content_type=MEDIA_TYPES[DocumentFormat.PNG])


async def _spelling(typed: str, sources: ChartSources) -> str:
    index, text = sources.symbols, visible_query(typed)
    names = await lookup.spellings(typed, index, sources.pools)
    if len(names) > 1:
        raise DetailedProblem(404, f"These symbols differ only in case: {', '.join(names)}.", {"near": [*names]})
    if not names:
        near = [each.symbol for each in index.near(text)]
        likely = f" Near: {', '.join(near)}." if near else ""
        raise DetailedProblem(404, f"No symbol {text} is known here.{likely}", {"near": near})
    return names[0]


def _redirect(address: str) -> Response:
    """For now: what is newest, and what a text means, changes."""
    return Response("", 302, {"Location": address, "Cache-Control": REVALIDATED})


def _version(chart: ChartModel, at: float, view: View) -> str:
    """Of all that this reader is shown, the bar that still runs too."""
    return hashlib.sha256(f"{chart.version} {chart.bars[-1]} {at} {view}".encode()).hexdigest()[:16]


def _headers(document: DocumentRequest, symbol: str, version: str) -> dict[str, str]:
    """Text has the quote and the detections too, of which the version says nothing. CSV is saved by browsers."""
    kind = document.kind
    file = f"{re.sub(r'[^A-Za-z0-9.-]', '-', symbol)}.{kind}"
    disposition = "attachment" if kind is DocumentFormat.CSV else "inline"
    headers = {"Content-Disposition": f'{disposition}; filename="{file}"', "Cache-Control": REVALIDATED}
    if kind is DocumentFormat.TEXT:
        return headers
    if kind is DocumentFormat.SVG:
        headers["Content-Security-Policy"] = IMAGE_POLICY
    return headers | {"Cache-Control": document.cache_control(version), "ETag": conditional.etag(version)}


def _content_type(kind: DocumentFormat) -> str:
    return MEDIA_TYPES[kind] + (CHARSET if kind in (DocumentFormat.CSV, DocumentFormat.TEXT) else "")
