"""The OpenAPI document of the typed views under /api/v1."""

import re
from collections import defaultdict
from collections.abc import Callable, Container
from typing import Any

import msgspec
from quart import Blueprint, Quart, Response, current_app
from werkzeug.routing import Rule

from app.finance.symbols import LONGEST, PATTERN
from app.web import guards
from app.web.api import ROOT, Signature
from app.web.idempotency import HEADER, KEY
from app.web.problems import Problem
from app.web.slugs import SlugConverter

ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
PATH_SCHEMAS = {
    "symbol": {
        "type": "string",
        "pattern": f"^{PATTERN}$",
        "maxLength": LONGEST,
        "description": "In any case, where no two symbols differ only in it. Percent-encode it.",
        "examples": ["AAPL", "BRK.B"],
    },
    "slug": {"type": "string", "pattern": f"^{SlugConverter.regex}$", "examples": ["core"]},
    "undo_id": {"type": "string", "format": "uuid"},
}
"""JSON schemas of path arguments, by name."""

PROBLEMS = {
    "400": ("A parameter is unknown, said twice or cannot be read: `detail` names it.",),
    "401": ("No token was sent, or one that works no longer.", "WWW-Authenticate"),
    "403": ("The token's scope does not reach this, or a page of another site asked.",),
    "404": ("The symbol or object is not known, or several symbols differ from it only in case.",),
    "409": ("The change contradicts what is stored, or a request with this Idempotency-Key is still running.",),
    "412": ("The resource has another version than If-Match names.",),
    "413": ("The body is too large.",),
    "415": ("The body is not application/json.",),
    "422": ("A field of the body is missing, unknown or invalid: `detail` names it.",),
    "428": ("If-Match is missing.",),
    "429": ("Too many requests within a minute.", "Retry-After"),
    "500": ("Something broke on the side of the desk.",),
    "503": ("Redis or the database is away, or a result is still being computed.", "Retry-After"),
}
"""Problem answers (RFC 9457), with their headers."""

EVERYWHERE = frozenset({"400", "401", "403", "429", "500", "503"})
CONDITIONAL = frozenset({"PUT", "PATCH", "DELETE"})
HEADERS = {
    "If-Match": ("The ETag that was read, or * for any version.", {"type": "string"}, True),
    "If-None-Match": ("An ETag that was read: the answer is 304 while nothing has changed.", {"type": "string"}, False),
    HEADER: (
        "The same key, path and body within 24 hours give the first answer again, and change nothing.",
        {"type": "string", "pattern": f"^{KEY.pattern}$"},
        False,
    ),
}
"""Description and schema of request headers, and whether they are required."""


blueprint = Blueprint("api", __name__, url_prefix=ROOT)


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
    signatures: list[Signature] = [vars(view)["api"] for _, view in typed_views]
    structs = {
        struct for each in signatures for struct in (each.answer, each.body, *each.problems.values()) if struct
    } - {Problem}
    _, components = msgspec.json.schema_components(
        [*sorted(structs, key=lambda kind: kind.__name__), Problem], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for rule, view in typed_views:
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            paths[_path(rule)][method.lower()] = _operation(rule, method, view)
    return {
        "openapi": "3.1.0",
        "info": {"title": "TickStock", "version": "1"},
        "servers": [{"url": current_app.extensions["api_server"]}],
        "security": [{"token": []}],
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "paths": paths,
    }


def _path(rule: Rule) -> str:
    return ARGUMENT.sub(r"{\1}", rule.rule)


def _operation(rule: Rule, method: str, view: Callable[..., Any]) -> dict[str, Any]:
    signature: Signature = vars(view)["api"]
    in_path = [
        {"name": each, "in": "path", "required": True, "schema": PATH_SCHEMAS.get(each, {"type": "string"})}
        for each in rule.arguments
    ]
    operation = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": signature.summary,
        "description": f"Takes a token with the scope {guards.scope_of(view)}.",
        "parameters": in_path + _in_query(signature.parameters) + _in_headers(method, signature),
        "responses": {
            **_successes(signature),
            **{
                status: _problem(signature.problems.get(int(status), Problem), *PROBLEMS[status])
                for status in sorted(_statuses(method, signature, in_path))
            },
        },
    }
    if signature.body:
        operation["requestBody"] = {"required": True, "content": _json(signature.body)}
    return operation


def _statuses(method: str, signature: Signature, in_path: Container[object]) -> set[str]:
    """Of the problems that the view may answer with."""
    statuses = {*EVERYWHERE, *map(str, signature.problems), *({"404"} if in_path else ())}
    if method in CONDITIONAL:
        statuses |= {"409", "412", "422", "428"}
    elif method == "POST":
        statuses |= {"409", "422"}
    return statuses | ({"413", "415", "422"} if signature.body else set())


def _successes(signature: Signature) -> dict[str, Any]:
    headers = {"ETag": {"schema": {"type": "string"}}} if signature.versioned else {}
    if signature.answer is None:
        return {"204": {"description": "Done"}}
    success: dict[str, Any] = {"description": "What was asked for", "content": _json(signature.answer)}
    if signature.status == 201:
        headers = {**headers, "Location": {"schema": {"type": "string", "format": "uri-reference"}}}
        success["description"] = "It was created"
    if headers:
        success["headers"] = headers
    unchanged = {"304": {"description": "Nothing has changed", "headers": headers}}
    return {str(signature.status): success, **(unchanged if signature.revalidates else {})}


def _in_headers(method: str, signature: Signature) -> list[dict[str, Any]]:
    names = ["If-Match"] if method in CONDITIONAL else [HEADER] if method == "POST" else []
    names += ["If-None-Match"] if signature.revalidates else []
    return [
        {"name": name, "in": "header", "description": text, "schema": schema, "required": required}
        for name, (text, schema, required) in HEADERS.items()
        if name in names
    ]


def _json(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{struct.__name__}"}}}


def _problem(form: type[msgspec.Struct], why: str, *headers: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{form.__name__}"}}}
    with_it = {"headers": {name: {"schema": {"type": "string"}} for name in headers}} if headers else {}
    return {"description": why, **with_it, "content": content}


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
