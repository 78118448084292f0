"""The form of Massive's answers: records with the address of the next page, or an error in words."""

import msgspec
from msgspec import Struct

from app.engine.loads.providers.rest import RestPage

_NULL = msgspec.Raw(b"null")


class _Answer(Struct):
    results: msgspec.Raw = _NULL
    next_url: str | None = None


class _ErrorBody(Struct):
    """Fields of an error answer."""

    error: str = ""
    message: str = ""
    status: str = ""


def read_page(body: bytes) -> RestPage:
    """A list of records, a single one, or none. Raises DecodeError and RecursionError."""
    answer = msgspec.json.decode(body, type=_Answer)
    if bytes(answer.results).startswith(b"{"):
        return RestPage([answer.results], answer.next_url)
    return RestPage(msgspec.json.decode(answer.results, type=list[msgspec.Raw] | None) or [], answer.next_url)


def read_error(body: bytes) -> str:
    """The vendor's own words. Raises DecodeError and RecursionError."""
    error = msgspec.json.decode(body, type=_ErrorBody)
    return error.error or error.message or error.status
