"""Tables of pages for programs: at the page's address with .json, .csv or .txt, or by the Accept header."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import quote

from quart import Blueprint, Response, make_response, request

from app.web import formats
from app.web.formats import TableDocument, TableFormat

PageView = TypeVar("PageView", bound=Callable[..., Any])
TableView = Callable[..., Awaitable[TableDocument]]
PictureView = Callable[..., Awaitable[Response]]

PAGE = "text/html"
PICTURE = "image/svg+xml"
PICTURES = ("svg", "png")
ROWS_AT_ONCE = 500
"""More would hold the event loop for longer than 30 ms."""
TYPES = {TableFormat.JSON: "application/json", TableFormat.CSV: "text/csv", TableFormat.TEXT: "text/plain"}


def suffixes(blueprint: Blueprint, path: str) -> Callable[[TableView], TableView]:
    """Serves the table that a view returns at `path` with .json, .csv and .txt. Outermost of the view's decorators.

    The view has the guard of its page, may be open to tokens, and refuses invalid parameters by abort().
    """

    def decorate(view: TableView) -> TableView:
        @wraps(view)
        async def answer(**arguments: object) -> Response:
            return await response(await view(**arguments), requested() or TableFormat.JSON)

        for kind in TableFormat:
            blueprint.add_url_rule(f"{path}.{kind}", view.__name__, answer, methods=["GET"])
        return view

    return decorate


def page(
    blueprint: Blueprint, path: str, table: TableView, html_path: str = "", picture: PictureView | None = None
) -> Callable[[PageView], PageView]:
    """Serves a page at `path` and `html_path`, by default `path`.html, and at `path` its table, or the SVG of
    `picture`, to whom prefers that by Accept. Outermost of the view's decorators."""

    def decorate(view: PageView) -> PageView:
        @wraps(view)
        async def answer(**arguments: object) -> Response:
            reply = await make_response(await _preferred(arguments))
            assert isinstance(reply, Response)
            reply.vary.add("Accept")
            return reply

        async def _preferred(arguments: dict[str, object]) -> Any:
            if picture and prefers_picture():
                return await picture(**arguments)
            kind = requested()
            return await view(**arguments) if kind is None else await response(await table(**arguments), kind)

        blueprint.add_url_rule(path, view.__name__, answer, methods=["GET"])
        blueprint.add_url_rule(html_path or f"{path}.html", view.__name__, answer, methods=["GET"])
        return view

    return decorate


def picture(svg: str) -> Response:
    return Response(svg, content_type=PICTURE)


async def response(document: TableDocument, kind: TableFormat) -> Response:
    """CSV is saved as a file by browsers. A Link header leads to the next rows."""
    headers = {}
    if kind is TableFormat.CSV:
        headers["Content-Disposition"] = f'attachment; filename="{document.name}.csv"'
    if document.next:
        headers["Link"] = f'<{quote(request.path)}?{document.next}>; rel="next"'
    charset = "" if kind is TableFormat.JSON else "; charset=utf-8"
    few = len(document.rows) <= ROWS_AT_ONCE
    body = formats.render(document, kind) if few else await asyncio.to_thread(formats.render, document, kind)
    return Response(body, 200, headers, content_type=TYPES[kind] + charset)


def suffix() -> TableFormat | None:
    """That of the route, or what `as` says, if it is one of a table."""
    return next((kind for kind in TableFormat if kind == _ending()), None)


def is_picture() -> bool:
    """By suffix or `as`."""
    return _ending() in PICTURES


def _ending() -> str:
    return request.args.get("as") or (request.url_rule.rule.rpartition(".")[2] if request.url_rule else "")


def prefers_picture() -> bool:
    """By Accept, as an <img> does."""
    offered = [PAGE, *TYPES.values(), PICTURE]
    return not request.path.endswith(".html") and request.accept_mimetypes.best_match(offered) == PICTURE


def requested() -> TableFormat | None:
    """By suffix or Accept; None for the page, which whoever accepts nothing of these is sent too."""
    if kind := suffix():
        return kind
    best = None if request.path.endswith(".html") else request.accept_mimetypes.best_match([PAGE, *TYPES.values()])
    return next((kind for kind, name in TYPES.items() if name == best), None)
