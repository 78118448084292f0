"""What programs ask for: parameters in as one type, the answer out as another, and the document that says so."""

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
PLACE = re.compile(r"(.*) - at `\$\.(\w+)`")
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
"""Of arguments in a path, by name."""

PROBLEMS = {
    "400": ("A parameter is unknown, said twice or cannot be read: `detail` names it.",),
    "401": ("No token was sent, or one that works no longer.", "WWW-Authenticate"),
    "403": ("The token's scope does not reach this, or a page of another site asked.",),
    "404": ("The symbol is not known, or several differ from it only in case.",),
    "429": ("Too many requests within a minute.", "Retry-After"),
    "500": ("Something broke on the side of the desk.",),
    "503": ("Redis or the database is away.", "Retry-After"),
}
"""What every view may answer instead, as RFC 9457 has it, and the headers that come with it."""

Word = Annotated[str, Meta(pattern=r"^[^\u0000]*$")]
"""What a column takes."""

Moment = Annotated[str, Meta(extra_json_schema={"pattern": datetimes.PATTERN, "examples": list(datetimes.EXAMPLES)})]
"""Judged by `instant`, whose words say what to write."""

Since = Annotated[Moment, Meta(description="The first day or moment that counts; a day begins at midnight UTC.")]
Until = Annotated[Moment, Meta(description="The first that counts no more.")]

Asked = TypeVar("Asked", bound=msgspec.Struct)
Answer = TypeVar("Answer", bound=msgspec.Struct)
View = Callable[..., Awaitable[msgspec.Struct]]


class Typed(NamedTuple):
    asks: type[msgspec.Struct]
    gives: type[msgspec.Struct]
    says: str


class Nothing(msgspec.Struct, frozen=True):
    """No parameter is taken."""


class Problem(msgspec.Struct, frozen=True):
    """As RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str


blueprint = Blueprint("api", __name__, url_prefix=ROOT)


def typed(gives: type[Answer], asks: type[msgspec.Struct] = Nothing) -> Callable[[View], Callable[..., Any]]:
    """The view is handed what was asked as its first argument; an unknown or repeated parameter is a 400."""

    def marked(view: View) -> Callable[..., Any]:
        @wraps(view)
        async def answered(**arguments: object) -> Response:
            answer = await view(_asked(asks), **arguments)
            return Response(msgspec.json.encode(answer), content_type="application/json")

        vars(answered)["api"] = Typed(asks, gives, (view.__doc__ or "").strip())
        return answered

    return marked


def instant(name: str, text: str | None) -> datetime | None:
    """A moment with its zone, or a day, which begins at midnight UTC."""
    try:
        return None if text is None else datetimes.parsed(text)
    except ValueError as error:
        abort(400, f"{name}: {error}")


def only(names: Sequence[str]) -> str:
    """The one symbol that was meant, or "": where several differ only in case, a program has to say which."""
    if len(names) > 1:
        abort(404, f"These symbols differ only in case: {', '.join(names)}. Ask for one of them as it is written.")
    return names[0] if names else ""


def moment(at: float | None) -> datetime | None:
    """Of UTC epoch seconds; None also for what no calendar has."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _asked(kind: type[Asked]) -> Asked:
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    parameters.refuse_unknown(request.args, known)
    try:
        asked = msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        found = PLACE.fullmatch(str(error))
        abort(400, f"{found[2]}: {found[1]}." if found else "A parameter cannot be read.")
    for field in msgspec.structs.fields(kind):
        if field.encode_name in request.args and getattr(asked, field.name) is None:
            abort(400, f"{field.encode_name}: leave it out instead of sending null.")
    return asked


def install(app: Quart, public_url: str) -> None:
    """`public_url`: where programs find this desk; empty: wherever they found the document."""
    app.register_blueprint(blueprint)
    app.extensions["api_server"] = public_url or "/"


@blueprint.get("/openapi.json")
@guards.public
async def openapi() -> Response:
    return Response(msgspec.json.encode(_document()), content_type="application/json")


def _document() -> dict[str, Any]:
    """Of every view that is typed; the routes themselves are the source."""
    views = [(rule, current_app.view_functions[rule.endpoint]) for rule in current_app.url_map.iter_rules()]
    found = sorted(((rule, view) for rule, view in views if "api" in vars(view)), key=lambda each: each[0].rule)
    gives = {vars(view)["api"].gives for _, view in found}
    _, components = msgspec.json.schema_components(
        [*sorted(gives, key=lambda kind: kind.__name__), Problem], ref_template="#/components/schemas/{name}"
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
        "paths": {_path(rule): {"get": _operation(rule, view)} for rule, view in found},
    }


def _problem(why: str, *headers: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    with_it = {"headers": {name: {"schema": {"type": "string"}} for name in headers}} if headers else {}
    return {"description": why, **with_it, "content": content}


def _path(rule: Rule) -> str:
    return ARGUMENT.sub(r"{\1}", rule.rule)


def _operation(rule: Rule, view: Callable[..., Any]) -> dict[str, Any]:
    known: Typed = vars(view)["api"]
    answer = {"schema": {"$ref": f"#/components/schemas/{known.gives.__name__}"}}
    in_path = [
        {"name": each, "in": "path", "required": True, "schema": PATH_SCHEMAS.get(each, {"type": "string"})}
        for each in rule.arguments
    ]
    problems = {status for status in PROBLEMS if status != "404" or in_path}
    return {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": known.says,
        "description": f"Takes a token with the scope {guards.scope_of(view)}.",
        "parameters": in_path + _in_query(known.asks),
        "responses": {
            "200": {"description": "What was asked for", "content": {"application/json": answer}},
            **{status: _problem(*PROBLEMS[status]) for status in sorted(problems)},
        },
    }


def _in_query(asks: type[msgspec.Struct]) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([asks])
    asked = components[asks.__name__]
    return [
        {"name": name, "in": "query", "required": name in asked.get("required", ()), "schema": _sent(schema)}
        for name, schema in asked["properties"].items()
    ]


def _sent(schema: dict[str, Any]) -> dict[str, Any]:
    """As it can be sent: what is left out is not sent at all, and nobody writes null into an address."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**kinds[0], **rest} if len(kinds) == 1 else rest
