"""What programs ask for: parameters in as one type, the answer out as another, and the document that says so."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import msgspec
from quart import Blueprint, Response, abort, current_app, request
from werkzeug.routing import Rule

from app.finance.symbols import LONGEST, PATTERN
from app.web import guards, moments, parameters

ROOT = "/api/v1"
PLACE = re.compile(r"(.*) - at `\$\.(\w+)`")
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
PATH_SCHEMAS = {
    "symbol": {
        "type": "string",
        "pattern": f"^{PATTERN}$",
        "maxLength": LONGEST,
        "description": "In any case, where no two symbols differ only in it. Percent-encode it.",
    }
}
"""Of arguments in a path, by name."""

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
        return None if text is None else moments.parsed(text)
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
        return msgspec.convert(request.args.to_dict(), kind, strict=False)
    except msgspec.ValidationError as error:
        found = PLACE.fullmatch(str(error))
        abort(400, f"{found[2]}: {found[1]}." if found else "A parameter cannot be read.")


@blueprint.get("/openapi.json")
@guards.public
async def openapi() -> Response:
    return Response(msgspec.json.encode(_document()), content_type="application/json")


def _document() -> dict[str, Any]:
    """Of every view that is typed; the routes themselves are the source."""
    views = [(rule, current_app.view_functions[rule.endpoint]) for rule in current_app.url_map.iter_rules()]
    found = sorted(((rule, view) for rule, view in views if "api" in vars(view)), key=lambda each: each[0].rule)
    kinds = {kind for _, view in found for kind in vars(view)["api"][:2]}
    _, components = msgspec.json.schema_components(
        [*sorted(kinds, key=lambda kind: kind.__name__), Problem], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "TickStock", "version": "1"},
        "security": [{"token": []}],
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {_path(rule): {"get": _operation(rule, view, components)} for rule, view in found},
    }


def _path(rule: Rule) -> str:
    return ARGUMENT.sub(r"{\1}", rule.rule)


def _operation(rule: Rule, view: Callable[..., Any], components: dict[str, Any]) -> dict[str, Any]:
    known: Typed = vars(view)["api"]
    answer = {"schema": {"$ref": f"#/components/schemas/{known.gives.__name__}"}}
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    in_path = [
        {"name": each, "in": "path", "required": True, "schema": PATH_SCHEMAS.get(each, {"type": "string"})}
        for each in rule.arguments
    ]
    asked = components[known.asks.__name__]
    in_query = [
        {"name": name, "in": "query", "required": name in asked.get("required", ()), "schema": schema}
        for name, schema in asked["properties"].items()
    ]
    return {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": known.says,
        "description": f"Takes a token with the scope {guards.scope_of(view)}.",
        "parameters": in_path + in_query,
        "responses": {
            "200": {"description": "What was asked for", "content": {"application/json": answer}},
            "default": {"description": "What went wrong", "content": {"application/problem+json": problem}},
        },
    }
