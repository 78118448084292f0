"""Typed JSON views under /api/v1, with a struct of parameters and one of the answer, and their OpenAPI document."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import Meta
from quart import Blueprint, Quart, Response, abort, current_app, request
from werkzeug.routing import Rule

from app.finance.symbols import LONGEST, PATTERN
from app.web import datetimes, guards, parameters

ROOT = "/api/v1"
ERROR_LOCATION = re.compile(r"(.*) - at `\$\.(\w+)`")
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
PATH_SCHEMAS = {
    "symbol": {
        "type": "string",
        "pattern": f"^{PATTERN}$",
        "maxLength": LONGEST,
        "description": "In any case, where no two symbols differ only in it. Percent-encode it.",
        "examples": ["AAPL", "BRK.B"],
    }
}
"""JSON schemas of path arguments, by name."""

PROBLEMS = {
    "400": ("A parameter is unknown, said twice or cannot be read: `detail` names it.",),
    "401": ("No token was sent, or one that works no longer.", "WWW-Authenticate"),
    "403": ("The token's scope does not reach this, or a page of another site asked.",),
    "404": ("The symbol is not known, or several differ from it only in case.",),
    "429": ("Too many requests within a minute.", "Retry-After"),
    "500": ("Something broke on the side of the desk.",),
    "503": ("Redis or the database is away.", "Retry-After"),
}
"""Problem answers (RFC 9457) that every view may give, with their headers."""

PlainText = Annotated[str, Meta(pattern=r"^[^\u0000]*$")]
"""Text that a database column takes."""

Timestamp = Annotated[str, Meta(extra_json_schema={"pattern": datetimes.PATTERN, "examples": list(datetimes.EXAMPLES)})]
"""Parsed by `time_parameter`, whose message says what to write."""

Since = Annotated[Timestamp, Meta(description="The first day or moment that counts; a day begins at midnight UTC.")]
Until = Annotated[Timestamp, Meta(description="The first that counts no more.")]

Parameters = TypeVar("Parameters", bound=msgspec.Struct)
Answer = TypeVar("Answer", bound=msgspec.Struct)
ApiView = Callable[..., Awaitable[msgspec.Struct]]


class Signature(NamedTuple):
    parameters: type[msgspec.Struct]
    answer: type[msgspec.Struct]
    summary: str


class NoParameters(msgspec.Struct, frozen=True):
    """No parameter is taken."""


class Problem(msgspec.Struct, frozen=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


blueprint = Blueprint("api", __name__, url_prefix=ROOT)


def typed(answer: type[Answer], query: type[msgspec.Struct] = NoParameters) -> Callable[[ApiView], Callable[..., Any]]:
    """Decorates a view: its first argument is the query string, converted to `query`; its answer is sent as JSON.

    Answers 400 for an unknown, repeated or invalid parameter.
    """

    def decorate(view: ApiView) -> Callable[..., Any]:
        @wraps(view)
        async def respond(**arguments: object) -> Response:
            struct = await view(_parse_parameters(query), **arguments)
            return Response(msgspec.json.encode(struct), content_type="application/json")

        vars(respond)["api"] = Signature(query, answer, (view.__doc__ or "").strip())
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


def _parse_parameters(kind: type[Parameters]) -> Parameters:
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    parameters.refuse_unknown(request.args, names)
    try:
        query = msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        match = ERROR_LOCATION.fullmatch(str(error))
        abort(400, f"{match[2]}: {match[1]}." if match else "A parameter cannot be read.")
    for field in msgspec.structs.fields(kind):
        if field.encode_name in request.args and getattr(query, field.name) is None:
            abort(400, f"{field.encode_name}: leave it out instead of sending null.")
    return query


def install(app: Quart, public_url: str) -> None:
    """`public_url`: the server's address in the document; empty: the address at which the document was requested."""
    app.register_blueprint(blueprint)
    app.extensions["api_server"] = public_url or "/"


@blueprint.get("/openapi.json")
@guards.public
async def openapi() -> Response:
    return Response(msgspec.json.encode(_document()), content_type="application/json")


def _document() -> dict[str, Any]:
    """Generated from the typed views."""
    views = [(rule, current_app.view_functions[rule.endpoint]) for rule in current_app.url_map.iter_rules()]
    typed_views = sorted(((rule, view) for rule, view in views if "api" in vars(view)), key=lambda each: each[0].rule)
    answers = {vars(view)["api"].answer for _, view in typed_views}
    _, components = msgspec.json.schema_components(
        [*sorted(answers, key=lambda kind: kind.__name__), Problem], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "TickStock", "version": "1"},
        "servers": [{"url": current_app.extensions["api_server"]}],
        "security": [{"token": []}],
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "paths": {_path(rule): {"get": _operation(rule, view)} for rule, view in typed_views},
    }


def _problem(why: str, *headers: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    with_it = {"headers": {name: {"schema": {"type": "string"}} for name in headers}} if headers else {}
    return {"description": why, **with_it, "content": content}


def _path(rule: Rule) -> str:
    return ARGUMENT.sub(r"{\1}", rule.rule)


def _operation(rule: Rule, view: Callable[..., Any]) -> dict[str, Any]:
    signature: Signature = vars(view)["api"]
    answer = {"schema": {"$ref": f"#/components/schemas/{signature.answer.__name__}"}}
    in_path = [
        {"name": each, "in": "path", "required": True, "schema": PATH_SCHEMAS.get(each, {"type": "string"})}
        for each in rule.arguments
    ]
    problems = {status for status in PROBLEMS if status != "404" or in_path}
    return {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": signature.summary,
        "description": f"Takes a token with the scope {guards.scope_of(view)}.",
        "parameters": in_path + _in_query(signature.parameters),
        "responses": {
            "200": {"description": "What was asked for", "content": {"application/json": answer}},
            **{status: _problem(*PROBLEMS[status]) for status in sorted(problems)},
        },
    }


def _in_query(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([query])
    query_schema = components[query.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in query_schema.get("required", ()),
            "schema": _without_null(schema),
        }
        for name, schema in query_schema["properties"].items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the alternative null: an optional parameter is left out instead."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**kinds[0], **rest} if len(kinds) == 1 else rest
