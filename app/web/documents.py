"""What a page shows as a document of its own: by suffix, by `as`, or by the Accept header."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from quart import Response, abort, make_response, request

from app.web import guards, tables
from app.web.formats import TableFormat
from app.web.parameters import FRAME

PageView = TypeVar("PageView", bound=Callable[..., Any])


class DocumentFormat(StrEnum):
    """By the suffix of an address."""

    SVG = "svg"
    PNG = "png"
    CSV = "csv"
    JSON = "json"
    TEXT = "txt"


MEDIA_TYPES = {
    DocumentFormat.SVG: tables.PICTURE,
    DocumentFormat.PNG: "image/png",
    DocumentFormat.CSV: tables.TYPES[TableFormat.CSV],
    DocumentFormat.JSON: tables.TYPES[TableFormat.JSON],
    DocumentFormat.TEXT: tables.TYPES[TableFormat.TEXT],
}
FOREVER = "private, max-age=31536000, immutable"
REVALIDATED = "private, no-cache"
DOCUMENT_PARAMETERS = ("as", "v")
"""The format, and the version that the address is for."""


class DocumentRequest(NamedTuple):
    """`name`: of the thing, as it was typed. `version`: that of the address, or empty. `arguments`: the parameters of
    the page itself."""

    name: str
    kind: DocumentFormat
    version: str
    arguments: Mapping[str, str]
    by_suffix: bool

    def cache_control(self, version: str) -> str:
        """Only an address with the version of its content may be kept."""
        return FOREVER if self.version == version else REVALIDATED

    def address(self, path: str, version: str = "") -> str:
        """The same document of the page at `path`."""
        query = {**self.arguments, **({} if self.by_suffix else {"as": self.kind.value})}
        query |= {"v": version} if version else {}
        suffix = f".{self.kind}" if self.by_suffix else ""
        return "?".join(filter(None, (f"{path}{suffix}", urlencode(query))))


Document = Callable[[DocumentRequest], Awaitable[Response]]


def beside_page(document: Document) -> Callable[[PageView], PageView]:
    """Decorates the view of a page, whose only argument is a name: answers with the document where `as` or Accept
    request a format. A token opens no page, so it is answered with JSON where no format is requested."""

    def decorate(view: PageView) -> PageView:
        @wraps(view)
        async def answer(symbol: str) -> Response:
            kind = _by_parameter() or _by_accept() or (DocumentFormat.JSON if guards.identity().scope else None)
            reply = await make_response(await (document(_request(symbol, kind)) if kind else view(symbol)))
            assert isinstance(reply, Response)
            reply.vary.add("Accept")
            return reply

        return answer  # type: ignore[return-value]

    return decorate


def by_suffix(name: str) -> DocumentRequest:
    """In a view whose rule ends with a suffix."""
    assert request.url_rule
    return _request(name, DocumentFormat(request.url_rule.rule.rpartition(".")[2]), by_suffix=True)


def _request(name: str, kind: DocumentFormat, *, by_suffix: bool = False) -> DocumentRequest:
    version, besides = request.args.get("v", ""), (*DOCUMENT_PARAMETERS, *FRAME)
    arguments = {name: value for name, value in request.args.items() if name not in besides}
    return DocumentRequest(name, kind, version, arguments, by_suffix)


def _by_parameter() -> DocumentFormat | None:
    """Answers 400 for a format that does not exist."""
    text = request.args.get("as")
    if text is None:
        return None
    kind = next((kind for kind in DocumentFormat if kind == text), None)
    return kind or abort(400, f"as: choose one of {', '.join(DocumentFormat)}.")


def _by_accept() -> DocumentFormat | None:
    """As an <img> or a program sends it; None for the page."""
    best = request.accept_mimetypes.best_match([tables.PAGE, *MEDIA_TYPES.values()])
    return next((kind for kind, name in MEDIA_TYPES.items() if name == best), None)
