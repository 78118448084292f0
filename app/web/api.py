"""Typed JSON views under /api/v1, with a struct of parameters and one of the answer."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import Meta
from quart import Response, abort, request

from app.web import conditional, datetimes, parameters

ROOT = "/api/v1"
NO_PROBLEMS: Mapping[int, type[msgspec.Struct]] = {}
ERROR_LOCATION = re.compile(r"(.*) - at `\$\.?(.+)`")

PlainText = Annotated[str, Meta(pattern=r"^[^\u0000]*$")]
"""Text that a database column takes."""

Timestamp = Annotated[str, Meta(extra_json_schema={"pattern": datetimes.PATTERN, "examples": list(datetimes.EXAMPLES)})]
"""Parsed by `time_parameter`, whose message says what to write."""

Since = Annotated[Timestamp, Meta(description="The first day or moment that counts; a day begins at midnight UTC.")]
Until = Annotated[Timestamp, Meta(description="The first that counts no more.")]

Parameters = TypeVar("Parameters", bound=msgspec.Struct)
Answer = TypeVar("Answer", bound=msgspec.Struct)


class Versioned(NamedTuple):
    """An answer with the version of its resource, which becomes the ETag."""

    answer: msgspec.Struct
    version: int | str


ApiView = Callable[..., Awaitable[msgspec.Struct | Versioned]]


class Signature(NamedTuple):
    """What the OpenAPI document says of a view. `answer` None: an empty one."""

    parameters: type[msgspec.Struct]
    answer: type[msgspec.Struct] | None
    summary: str
    versioned: bool = False
    """Its answer has an ETag."""
    body: type[msgspec.Struct] | None = None
    status: int = 200
    """Of success."""
    revalidates: bool = False
    """It reads If-None-Match, and may answer 304."""
    problems: Mapping[int, type[msgspec.Struct]] = NO_PROBLEMS
    """Statuses that only this view answers with, and the form of the answers."""


class NoParameters(msgspec.Struct, frozen=True):
    """No parameter is taken."""


def typed(
    answer: type[Answer],
    query: type[msgspec.Struct] = NoParameters,
    *,
    versioned: bool = False,
    problems: Mapping[int, type[msgspec.Struct]] = NO_PROBLEMS,
) -> Callable[[ApiView], Callable[..., Any]]:
    """Decorates a view: its first argument is the query string, converted to `query`; its answer is sent as JSON.

    `versioned`: the view returns `Versioned`; the answer has an ETag, and is 304 where If-None-Match has the same.
    `problems`: statuses that only this view answers with, and the form of the answers.
    Answers 400 for an unknown, repeated or invalid parameter.
    """

    def decorate(view: ApiView) -> Callable[..., Any]:
        @wraps(view)
        async def respond(**arguments: object) -> Response:
            content = await view(_parse_parameters(query), **arguments)
            if isinstance(content, Versioned):
                return _versioned(content)
            return Response(msgspec.json.encode(content), content_type="application/json")

        vars(respond)["api"] = Signature(
            query, answer, (view.__doc__ or "").strip(), versioned, revalidates=versioned, problems=problems
        )
        return respond

    return decorate


def time_parameter(name: str, text: str | None) -> datetime | None:
    """A time with its zone, or a day, which begins at midnight UTC."""
    try:
        return None if text is None else datetimes.parse(text)
    except ValueError as error:
        abort(400, f"{name}: {error}")


def single_symbol(names: Sequence[str]) -> str:
    """The only one of `names`, or "" without any. Answers 404 if several differ only in case."""
    if len(names) > 1:
        abort(404, f"These symbols differ only in case: {', '.join(names)}. Ask for one of them as it is written.")
    return names[0] if names else ""


def utc_datetime(at: float | None) -> datetime | None:
    """`at`: UTC epoch seconds. None for None and for a time outside the calendar."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _versioned(content: Versioned) -> Response:
    tag = {"ETag": conditional.etag(content.version)}
    if conditional.is_unchanged(content.version):
        return Response("", 304, tag)
    return Response(msgspec.json.encode(content.answer), headers=tag, content_type="application/json")


def _parse_parameters(kind: type[Parameters]) -> Parameters:
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    parameters.refuse_unknown(request.args, names)
    try:
        query = msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        abort(400, located(error))
    for field in msgspec.structs.fields(kind):
        if field.encode_name in request.args and getattr(query, field.name) is None:
            abort(400, f"{field.encode_name}: leave it out instead of sending null.")
    return query


def located(error: msgspec.ValidationError) -> str:
    """The field, as entries[3].symbol, and what is wrong with it."""
    match = ERROR_LOCATION.fullmatch(str(error))
    return f"{match[2]}: {match[1]}." if match else f"{error}."
